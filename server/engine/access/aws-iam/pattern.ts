import { MANY, MANY_NO_COLON, ONE, ONE_NO_COLON } from './glob.ts';

/** Value of a policy variable in the case that is looked at; undefined when the request does not carry it. */
export type Valuation = ReadonlyMap<string, string | undefined>;

export type PatternOptions = {
  /** `*` and `?` are wildcards; otherwise plain characters. */
  readonly wildcards: boolean;
  /** ARN rules: a wildcard stays within its field; missing fields are filled as told. */
  readonly arn: 'no' | 'resource' | 'condition';
  /** `${…}` are variables (version 2012-10-17). */
  readonly variables: boolean;
};

/**
 * Tokens of a pattern with its variables replaced. Undefined: it can match nothing, because a variable has no value
 * or because it should be an ARN and is none.
 */
export function tokensOf(written: string, options: PatternOptions, valuation: Valuation): readonly number[] | undefined {
  const text = options.arn === 'condition' ? withFields(written) : written;
  const arn = options.arn !== 'no' && /^arn:/i.test(text);
  if (options.arn === 'condition' && !arn) return undefined;
  const tokens: number[] = [];
  let colons = 0;
  const one = (): number => (arn && colons < ARN_FIELDS ? ONE_NO_COLON : ONE);
  const many = (): number => (arn && colons < ARN_FIELDS ? MANY_NO_COLON : MANY);
  for (const part of partsOf(text, options.variables)) {
    if (part.kind === 'variable') {
      const value = valuation.get(part.key) ?? part.otherwise;
      if (value === undefined) return undefined;
      for (let i = 0; i < value.length; i++) tokens.push(value.charCodeAt(i));
      continue;
    }
    for (let i = 0; i < part.text.length; i++) {
      const unit = part.text.charCodeAt(i);
      if (part.kind === 'plain' && options.wildcards && unit === STAR) tokens.push(many());
      else if (part.kind === 'plain' && options.wildcards && unit === QUESTION) tokens.push(one());
      else tokens.push(unit);
      if (part.kind === 'plain' && unit === COLON) colons++;
    }
  }
  if (!arn || colons >= ARN_FIELDS) return tokens;
  if (options.arn === 'condition') return undefined;
  // AWS reads a short ARN as if its missing fields were "*".
  for (; colons < ARN_FIELDS; colons++) tokens.push(COLON, colons + 1 < ARN_FIELDS ? MANY_NO_COLON : MANY);
  return tokens;
}

type Part =
  | { readonly kind: 'plain'; readonly text: string }
  /** Taken as it stands, wildcards and colons included. */
  | { readonly kind: 'fixed'; readonly text: string }
  | { readonly kind: 'variable'; readonly key: string; readonly otherwise: string | undefined };

/** Keys of the policy variables in a text, lower case. */
export function variablesIn(text: string, variables: boolean): readonly string[] {
  if (!variables || !text.includes('${')) return [];
  return partsOf(text, true).flatMap((part) => (part.kind === 'variable' ? [part.key] : []));
}

/** Does the text hold a value that only a template knows, such as `${AWS::AccountId}`? */
export function hasHole(text: string): boolean {
  return text.includes('${') && partsOf(text, true).some((part) => part.kind === 'fixed' && part.text.startsWith('${'));
}

/**
 * `${aws:username}` is a policy variable, `${*}` the character. `${Name}`, `${var.name}` and `${AWS::Region}` belong to a template:
 * their value is not known here but fixed, so they stand for themselves, without colons that would shift the fields of an ARN.
 */
function partsOf(text: string, variables: boolean): readonly Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    const end = text.indexOf('}', at + 2);
    if (end === -1) break;
    const inside = text.slice(at + 2, end);
    const [name, otherwise] = splitDefault(inside);
    if (at > from) parts.push({ kind: 'plain', text: text.slice(from, at) });
    if (/^[^:]+:[^:]/.test(name)) {
      if (variables) parts.push({ kind: 'variable', key: name.toLowerCase(), otherwise });
      else parts.push({ kind: 'plain', text: text.slice(at, end + 1) });
    } else if (/^[*?$]$/.test(name)) {
      if (variables) parts.push({ kind: 'fixed', text: name });
      else parts.push({ kind: 'plain', text: text.slice(at, end + 1) });
    } else parts.push({ kind: 'fixed', text: `\${${inside.replaceAll(':', '.')}}` });
    from = end + 1;
  }
  if (from < text.length) parts.push({ kind: 'plain', text: text.slice(from) });
  return parts;
}

/**
 * `${aws_sns_topic.orders.arn}` → `arn:aws:sns:::${…}`: an ARN that only a template knows is one all the same, and is covered by
 * a pattern for every ARN of its service. What stands in the other fields is not known.
 */
function withFields(text: string): string {
  if (!text.startsWith('${') || !hasHole(text.slice(0, text.indexOf('}') + 1))) return text;
  const [, word = '', next = ''] = /^\$\{\s*(?:data\.)?aws_([a-z0-9]+)_?([a-z0-9]*)/.exec(text) ?? [];
  return `arn:aws:${SERVICES.get(`${word}_${next}`) ?? SERVICES.get(word) ?? word}:::${text}`;
}

/** Where the name of a resource in Terraform and the service in its ARN differ. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ['cloudwatch_event', 'events'],
  ['cloudwatch_log', 'logs'],
  ['api', 'execute-api'],
  ['apigatewayv2', 'execute-api'],
  ['sfn', 'states'],
  ['instance', 'ec2'],
  ['vpc', 'ec2'],
  ['lb', 'elasticloadbalancing'],
  ['db', 'rds'],
  ['caller', 'sts'],
]);

/** "aws:username, 'nobody'" → key and default. */
function splitDefault(inside: string): readonly [string, string | undefined] {
  const found = /^(.*?),\s*'(.*)'$/.exec(inside);
  return found === null ? [inside.trim(), undefined] : [(found[1] ?? '').trim(), found[2]];
}

/** Tokens of a plain text in which nothing is special. */
export function plainTokens(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

const ARN_FIELDS = 5;
const [STAR, QUESTION, COLON] = [42, 63, 58];
