/**
 * Is what stands under this name meant to be kept secret? By its last words: "MasterUserPassword", "twilio_api_key", "TokenKey".
 * A name that tells where, how long or what for ("secretName", "tokenEndpoint", "password_length") is not.
 */
export function secretName(name: string): SecretKind | undefined {
  const known = KINDS.get(name);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const kind = kindOf(name);
  // Names repeat; a text that is full of different ones does not fill the memory.
  if (KINDS.size < MOST_NAMES && name.length <= LONGEST_NAME) KINDS.set(name, kind ?? 'none');
  return kind;
}

type SecretKind = 'password' | 'key' | 'secret';

const KINDS = new Map<string, SecretKind | 'none'>();
const MOST_NAMES = 5_000;
const LONGEST_NAME = 100;

/** A part of every word below: most names have none, and need not be taken apart. */
const ANY_PART = /pass|pw|key|connection|sas|database|dsn|secret|token|credential|authorization/;

function kindOf(name: string): SecretKind | undefined {
  if (!ANY_PART.test(name.toLowerCase())) return undefined;
  const plain = wordsIn(name);
  const words =
    plain.length > 1 && /^(value|string|text|plain|plaintext|default|b64|base64|\d+)$/.test(plain.at(-1) ?? '')
      ? plain.slice(0, -1)
      : plain;
  const joined = words.join(' ');
  if (joined === '' || NOT_SECRET.test(joined)) return undefined;
  if (/(^| )(password|passwd|pass|pwd|passphrase|userpass|rootpw|adminpw|dbpass|pgpassword)$/.test(joined)) return 'password';
  if (KEYS.test(joined)) return 'key';
  return /(^| )(secret|secrets|token|credential|credentials|authorization|apitoken|authtoken|accesstoken|clientsecret)$/.test(joined)
    ? 'secret'
    : undefined;
}

const KEYS =
  /(^| )(apikey|secretkey|accesskey|privatekey|((api|access|secret|private|signing|encryption|token|master|auth|account|storage|shared|session|app|application|service role|license|licence|client|hmac|jwt|webhook|primary|secondary|admin|crypt|cipher|deploy|integration|write|ssh|host|server) )key|connection ?string|sas( token)?|database url|dsn)$/;

const NOT_SECRET =
  /(^| )(public|id token|existing|pull|tls|image pull|next page|page|continuation|csrf|xsrf|max|min|require|required|enable|enabled|use|reset|forgot|confirm|host key)( |$)|^(public|image pull|host|server|primary|client|account|app|application|session|storage)? ?key$|^(auth|id)$/;

/** "RDSMasterPassword", "rds_master-password", "rds.masterPassword" → rds, master, password. */
function wordsIn(name: string): readonly string[] {
  return name
    .slice(0, 200)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
}

/** A value that is no secret under any name: a reference, a place, a stand-in, or sealed. */
export function isStandInValue(value: string): boolean {
  const text = value.trim();
  return text.length < 3 || REFERENCE.test(text) || SEALED.test(text) || STAND_IN.test(text) || PROSE.test(text);
}

const REFERENCE =
  /\$[{(]|\{\{|^\$\w+$|^%\w+%$|^\{[^{}]*\}$|^[!&]\w|^(var|local|data|module|each|self|env|secrets?|params?|parameters|process\.env|steps|vars|inputs|github|matrix)\.[\w.[\]"'-]+$|^(arn:|vault:|ref\+|op:\/\/|file:\/\/|ssm:|secretsmanager:|azurekeyvault:|gcp-?secret|sm:\/\/|@Microsoft\.KeyVault|projects\/[^/]+\/secrets\/|valueFrom|secretKeyRef|\/|~\/|\.{1,2}\/)|^\[(parameters|variables|reference|listKeys|concat)\(|^(Ref|Fn::)/i;

const SEALED =
  /^(ENC\[|\$ANSIBLE_VAULT|AgA[A-Za-z0-9+/]{100}|-----BEGIN (PGP MESSAGE|AGE ENCRYPTED|CERTIFICATE|PUBLIC))|^\$(2[aby]|5|6|y|argon2\w*|apr1)\$/;

const STAND_IN =
  /^(<.*>|\[.*\]|x{3,}|\*{3,}|\.{3,}|-+|_+|n\/?a|nil|null|none|true|false|yes|no|on|off|undefined|empty|unset|read|write|auto|optional|required|hidden|redacted|masked|secure|string|text|bearer|todo|tbd|fixme|change[-_ ]?me|(your|my|some|insert|replace|example|dummy|fake|placeholder|todo)([-_ ].{0,40})?|.{0,40}(_here|-here|[-_]placeholder))$/i;

/** A label or a sentence: "Password", "Enter your password". */
const PROSE = /^(Passwords?|Passwort|Token|Secret|API key|Mot de passe)[:?*]?$|^[A-Z][\p{L}'’]+( [\p{L}'’,().]+){2,}[.:?!]?$/u;
