/** A credential in a text; `end` is exclusive. What it says is never handed on. */
export type Credential = {
  /** As a person calls it, with its article: "a GitHub token". */
  readonly what: string;
  readonly start: number;
  readonly end: number;
};

/** Characters that are looked through; a text beyond it holds no more configuration. */
const MOST = 2_000_000;

/**
 * Credentials in the formats that their issuers give them. The rules are those of secretlint's recommended preset, without the one that lets
 * a comment switch the others off, and a few public formats that it leaves out.
 */
export function credentialsIn(text: string): readonly Credential[] {
  const searched = text.slice(0, MOST);
  if (!mayHoldOne(searched)) return [];
  const found: Credential[] = [...kept(searched), ...more(searched)];
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = -1;
  return found.filter((each) => {
    const isNew = each.start >= end && !isStandIn(searched.slice(each.start, each.end));
    if (isNew) end = each.end;
    return isNew;
  });
}

/** Cheap, so that the rules are loaded by need: a long run of letters and digits, or a password within an address. */
export function mayHoldOne(text: string): boolean {
  if (/:\/\/[^\s/@:]{0,100}:[^\s/@]{1,100}@|PRIVATE KEY|(password|pwd)=/i.test(text)) return true;
  const runs = text.match(/[\w+/=-]{16,}/g) ?? [];
  return runs.some((run) => !PLAIN_WORDS.test(run) && /[a-z]/i.test(run) && !run.split(/[-_/+=]+/).every(isWord));
}

/** Nearly all runs; what `isWord` takes of each. */
const PLAIN_WORDS = /^(?:[A-Z]{1,12}|[a-z]{1,20}|\d{1,12})(?:[-_/+=]{1,9}(?:[A-Z]{1,12}|[a-z]{1,20}|\d{1,12}))*$/;

/** "reports", "ECS", "GetObjectTagging", "2024", "team7": names are made of these, what is drawn at random is not. */
function isWord(part: string): boolean {
  return (
    /^(?:\d{0,12}|[A-Z]{1,12}|[a-z]{1,9}\d{1,3}|[a-z]{0,20}(?:[A-Z][a-z]{2,20}){0,12})$/.test(part) &&
    (part.length < 24 || /[A-Z]/.test(part))
  );
}

type Report = (found: { readonly message: { readonly messageId: string }; readonly range: readonly [number, number] }) => void;

type Context = {
  readonly sharedOptions: object;
  readonly createTranslator: (messages: unknown) => (messageId: string) => { readonly messageId: string };
  readonly report: Report;
  readonly ignore: () => void;
};

type Source = { readonly content: string; readonly filePath: string; readonly ext: string; readonly contentType: 'text' };

type Detector = {
  readonly meta: { readonly id: string };
  readonly create: (context: Context, options: object) => { readonly file?: (source: Source, options: object) => unknown };
};

/** One rule, ready to be asked of any text; a text at a time. */
type Loaded = { readonly id: string; readonly file: (source: Source, options: object) => unknown };

let loaded: readonly Loaded[] | undefined;
/** Of the text that is looked through. */
let found: Credential[] = [];

function detectors(): readonly Loaded[] {
  if (loaded === undefined) {
    const { rules }: { readonly rules: readonly Detector[] } = require('@secretlint/secretlint-rule-preset-recommend');
    loaded = rules.flatMap((detector) => {
      const id = detector.meta.id.replace(/^.*secretlint-rule-/, '');
      const { file } = id === 'filter-comments' ? {} : detector.create(contextOf(id), OPTIONS[id] ?? {});
      return file === undefined ? [] : [{ id, file }];
    });
  }
  return loaded;
}

function contextOf(id: string): Context {
  return {
    sharedOptions: {},
    createTranslator: () => (messageId) => ({ messageId }),
    report: ({ message, range: [start, end] }) => {
      if (!NO_SECRETS.has(message.messageId)) found.push({ what: WHAT[id] ?? 'a credential', start, end });
    },
    ignore: () => undefined,
  };
}

function kept(text: string): readonly Credential[] {
  found = [];
  for (const { file } of detectors()) {
    // What one rule reads of a file's other forms (key stores) is not text; its promise has nothing to say here.
    const answer = file({ content: text, filePath: 'text.txt', ext: '.txt', contentType: 'text' }, {});
    if (answer instanceof Promise) answer.catch(() => undefined);
  }
  return found;
}

/** An account's number is no secret. */
const NO_SECRETS: ReadonlySet<string> = new Set(['AWSAccountID']);

const OPTIONS: Readonly<Record<string, object>> = { aws: { enableIDScanRule: true } };

const WHAT: Readonly<Record<string, string>> = {
  aws: 'an AWS access key',
  gcp: 'a Google Cloud key',
  privatekey: 'a private key',
  npm: 'an npm token',
  basicauth: 'a password within an address',
  slack: 'a Slack token',
  sendgrid: 'a SendGrid key',
  shopify: 'a Shopify token',
  stripe: 'a Stripe key',
  github: 'a GitHub token',
  gitlab: 'a GitLab token',
  grafana: 'a Grafana token',
  openai: 'an OpenAI key',
  anthropic: 'an Anthropic key',
  groq: 'a Groq key',
  huggingface: 'a Hugging Face token',
  linear: 'a Linear key',
  notion: 'a Notion token',
  '1password': 'a 1Password token',
  'database-connection-string': 'a database password',
  'hashicorp-vault': 'a Vault token',
  vercel: 'a Vercel token',
  databricks: 'a Databricks token',
  docker: 'a Docker token',
  figma: 'a Figma token',
  cloudflare: 'a Cloudflare token',
  tailscale: 'a Tailscale key',
};

/** Formats that the preset leaves out, as their issuers publish them. Each is bounded, so that the search stays linear. */
const MORE: readonly (readonly [RegExp, string])[] = [
  [/\bAIza[\w-]{35}(?![\w-])/g, 'a Google API key'],
  [/\bya29\.[\w-]{20,512}/g, 'a Google access token'],
  [/\bsk-[A-Za-z0-9_-]{32,256}/g, 'an API key'],
  [/\bpypi-[\w-]{50,512}/g, 'a PyPI token'],
  [/\bdo[opr]_v1_[a-f0-9]{64}\b/g, 'a DigitalOcean token'],
  [/\beyJ[\w-]{10,2048}\.eyJ[\w-]{10,4096}\.[\w-]{10,1024}/g, 'a signed token'],
  [/\bAccountKey=[A-Za-z0-9+/]{86}==/g, 'an Azure storage key'],
  [/\bSharedAccessKey=[A-Za-z0-9+/]{43}=/g, 'an Azure access key'],
  [/-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|[\s#*/|"'+;]){0,60}[A-Za-z0-9+/=:,-]{20}/g, 'a private key'],
  [/\bSK[a-f0-9]{32}\b/g, 'a Twilio key'],
  [/\bwhsec_[A-Za-z0-9+/=]{24,128}/g, 'a webhook secret'],
  [/(?:^|[;\s"'])(?:Password|Pwd)=(?!\$|\{|<|%|;)[^;\s"'{}$<>]{6,128}(?=;)/gi, 'a database password'],
];

function more(text: string): readonly Credential[] {
  return MORE.flatMap(([pattern, what]) =>
    [...text.matchAll(pattern)].map((match) => ({ what, start: match.index, end: match.index + match[0].length })),
  );
}

/** `postgres://app:${DB_PASSWORD}@db` and `https://user:<password>@host` hold none. */
function isStandIn(found: string): boolean {
  const password = /:\/\/[^\s:/@]{0,200}:([^\s/@]{1,500})@/.exec(found)?.[1];
  if (password !== undefined)
    return (
      /^(\$|%|\{|<|\[|\*)|\$\{|\{\{|^x{3,}$|^(password|passwd|pass|pwd|secret|your[-_]?\w*|changeme)$/i.test(password) ||
      password.length < 3
    );
  return /EXAMPLE|x{8}|X{8}|0{16}|\*{6}/.test(found) && !found.startsWith('-----');
}
