import * as v from 'valibot';
import { globs, sensitivity, table } from './policy-fields.ts';
import { TIERS } from './types.ts';

/** What a policy may declare that an agent touches and does. */
export const AgentDeclaration = table(
  {
    tier: v.optional(v.picklist(TIERS, 'A tier is one of trusted, supervised, restricted. Write one of these.')),
    mayTouch: v.optional(globs('“mayTouch”')),
    mayAct: v.optional(
      table(
        {
          blastRadius: v.optional(
            v.picklist(
              ['resource', 'service', 'account', 'organization', 'public'],
              'A blast radius is one of resource, service, account, organization, public. Write one of these.',
            ),
          ),
          sensitivity: v.optional(sensitivity),
          environments: v.optional(globs('“environments”')),
          systems: v.optional(globs('“systems”')),
          actions: v.optional(globs('“actions”')),
          rules: v.optional(globs('“rules”')),
        },
        '“mayAct”',
      ),
    ),
    mcpServers: v.optional(globs('“mcpServers”')),
    commands: v.optional(globs('“commands”')),
  },
  'What an agent is declared to do',
);
