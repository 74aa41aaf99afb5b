import type { Declaration } from '../systems/declaration.ts';
import type { Place } from '../types.ts';
import type { Box } from './box.ts';
import type { Grant, GrantPrincipal } from './grant.ts';

/** A grant whose places are worked out when they are asked for: of the many that a text gives, few are told. */
export class WrittenGrant implements Grant {
  readonly system: string;
  readonly principal: GrantPrincipal;
  readonly action: string;
  readonly resource: string;
  readonly scope: readonly string[];
  readonly condition: string | undefined;
  readonly unresolved: boolean;
  readonly boxes: readonly Box[] | undefined;
  readonly declaration: Declaration;
  readonly #placesOf: () => readonly Place[];

  constructor(said: Omit<Grant, 'places'>, placesOf: () => readonly Place[]) {
    this.system = said.system;
    this.principal = said.principal;
    this.action = said.action;
    this.resource = said.resource;
    this.scope = said.scope;
    this.condition = said.condition;
    this.unresolved = said.unresolved === true;
    this.boxes = said.boxes;
    this.declaration = said.declaration;
    this.#placesOf = placesOf;
  }

  get places(): readonly Place[] {
    return this.#placesOf();
  }
}
