import type { Subcommand } from './subcommand.ts';

export const PACK_ABOUT = `A pack is a set of rules in YAML, with their tests beside them: data only, no code. Packs in .countersign/packs are asked as soon
as they are locked.
`;

export const PACK_ALSO = `One finding is let pass, for a time and with a reason, by a comment in its line or alone in the line above:
  # countersign-ignore RULE until 2027-01-31: why this is safe here
or by "ignore:" in a policy (rule, path, reason, until). A comment counts from the edit after the one that brought it.
`;

const PATHS = `PATH is a pack, or a folder whose .yaml files are packs. Without it: this folder.`;

const NAMED = `A pack that cannot be loaded closes the gate on watched files until it is mended; the others stay. A policy names packs, so that
none goes missing, and who must have signed them:
  packs:
    - { name: shop-rules, keys: [team.pub.pem] }      # of .countersign/packs, and signed
    - { path: ~/company/packs, keys: [company.pub.pem] }
    - { npm: "@company/rules", keys: [company.pub.pem] }`;

/** What the family and each of its commands teach. */
export const PACK_HELP = {
  new: {
    does: 'write a pack with one rule and its tests, to begin with',
    help: `countersign pack new NAME [--out FOLDER]

Writes NAME.pack.yaml with one rule and its tests, which pass. Never writes over a file.

  --out FOLDER     where to (default: this folder)

Example:
  countersign pack new shop-rules
`,
  },
  test: {
    does: 'run the tests of a pack; a rule without any fails',
    help: `countersign pack test [PATH] [--rule ID] [--json]

Runs the tests that stand beside each rule. A rule without any fails.

${PATHS}

  --rule ID        only this rule
  --json           answer in JSON

Examples:
  countersign pack test shop-rules.pack.yaml
  countersign pack test packs --rule shop-no-public-bucket

Exit codes: 0 all passed, 1 a test failed, 3 error.
`,
  },
  lint: {
    does: 'say what is wrong with a pack, and what should be told better',
    help: `countersign pack lint [PATH] [--json]

Says what is wrong with a pack, and what should be told better: with file and line.

${PATHS}

  --json           answer in JSON

Exit codes: 0 nothing to say, 1 something is wrong, 3 error.
`,
  },
  docs: {
    does: 'write a page for each rule',
    help: `countersign pack docs [PATH] [--out FOLDER] [--rule ID]

Writes a page for each rule, and a README that lists them. Without --out, prints them.

${PATHS}

  --out FOLDER     where to
  --rule ID        only this rule

Example:
  countersign pack docs packs --out docs/rules
`,
  },
  add: {
    does: 'copy packs into .countersign/packs: from a folder, a git url#commit, or an npm name',
    help: `countersign pack add SOURCE [--out FOLDER]

Copies packs into .countersign/packs, after their tests passed, and locks them. Nothing of a source is ever run. SOURCE is a
folder, a git url with a whole commit id, or an npm name.

  --out FOLDER     another folder than .countersign/packs

${NAMED}

Examples:
  countersign pack add ./shop-rules
  countersign pack add https://example.com/rules.git#0123456789abcdef0123456789abcdef01234567

Exit codes: 0 added, 3 error: nothing was added.
`,
  },
  lock: {
    does: 'write down what every file is now',
    help: `countersign pack lock [FOLDER]

Writes down what every file of a folder of packs is now (default: .countersign/packs): from then on they are asked.

${NAMED}

Exit codes: 0 locked, 3 error.
`,
  },
  verify: {
    does: 'compare with the lock, and with its signature',
    help: `countersign pack verify [FOLDER] [--key PUBLIC.pem] [--json]

Compares a folder of packs (default: .countersign/packs) with its lock, and the lock with its signature.

  --key FILE       who must have signed it: a public key, in PEM
  --json           answer in JSON

Example:
  countersign pack verify --key team.pub.pem

Exit codes: 0 as locked, 1 something differs, 3 error.
`,
  },
  sign: {
    does: 'sign the lock',
    help: `countersign pack sign [FOLDER] --key PRIVATE.pem

Signs the lock of a folder of packs (default: .countersign/packs), after comparing the files with it.

  --key FILE       an Ed25519 key, in PEM: openssl genpkey -algorithm ed25519 makes one

Example:
  countersign pack sign --key team.pem && countersign pack verify --key team.pub.pem

Exit codes: 0 signed, 3 error.
`,
  },
  accept: {
    does: 'let the new and stricter rules of an upgrade ask',
    help: `countersign pack accept [--list] [--json]

After an upgrade, new and stricter rules are shown as notes. This lets them ask.

  --list           show them, and change nothing
  --json           answer in JSON

Exit codes: 0 done or nothing to do, 3 error.
`,
  },
} as const satisfies Record<string, Subcommand>;
