import type { Subcommand } from './subcommand.ts';

export const KEY_ABOUT = `Keys that people sign with. A key in a file proves that somebody who knows its passphrase signed; only a security key proves
that somebody was there.
`;

const SIGNS = `  --key FILE       the key to sign with: an SSH key, or one that "key new" made (default: your own)`;
const EXITS = `Exit codes: 0 done, 1 not wanted, 3 error.
`;

/** What the family and each of its commands teach. */
export const KEY_HELP = {
  new: {
    does: 'make a key for the command line, or take your SSH key',
    help: `countersign key new [--ssh FILE.pub]

Makes a key for the command line, in a file that only its passphrase opens; or takes your SSH key. The first key of a log is
trusted at once, and the log says so; every other one must be let in by a key that is.

  --ssh FILE.pub   the public half of your SSH key; one of type ed25519-sk waits for your touch

${EXITS}`,
  },
  list: {
    does: 'the keys that may sign here, whose they are, and those that count no more',
    help: `countersign key list [--json]

The keys that may sign here, whose they are, who let them in, and those that count no more.

  --json           one JSON array
`,
  },
  trust: {
    does: 'let the key of another person in',
    help: `countersign key trust FILE --person NAME [--key FILE]

Lets another key in, as the key of the person named. FILE is a public key, PEM or SSH. That person may then approve what you
ask for, so make sure that the key is theirs: compare what both of you see.

  --person NAME    whose key it is
${SIGNS}

Example:
  countersign key trust bea.pub --person "Bea Berg"

${EXITS}`,
  },
  rotate: {
    does: 'put a new key in the place of yours',
    help: `countersign key rotate [--to FILE.pub] [--key FILE]

A new key takes the place of yours, signed by the old one.

  --to FILE.pub    an SSH key, in place of one that is made
${SIGNS}

${EXITS}`,
  },
  revoke: {
    does: 'end a key: it signs nothing any more',
    help: `countersign key revoke ID [--since WHEN] [--reason TEXT] [--key FILE]

The key signs nothing any more. What it signed before stays valid. For a lost key, use another key of this log. An organization
lists lost keys in its policy: revokedKeys. ID: the first characters, as "key list" prints them.

  --since WHEN     tells every check of the log from when on it was in other hands
  --reason TEXT    why; kept in the log
${SIGNS}

Example:
  countersign key revoke 0c4b731d268f --since 2026-05-01 --reason "The laptop was stolen"

${EXITS}`,
  },
} as const satisfies Record<string, Subcommand>;
