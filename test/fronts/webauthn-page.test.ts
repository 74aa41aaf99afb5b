import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { ceremony } from '../../server/fronts/lsp/webauthn/ceremony.ts';
import { type PageContent, presencePage } from '../../server/fronts/lsp/webauthn/page.ts';
import { registerSecurityKey, securityKeySigner } from '../../server/fronts/lsp/webauthn/security-key.ts';
import { trustedKeys, trustKey } from '../../server/ledger/keys.ts';
import { realFileSystem } from '../../server/ledger/file-system.ts';
import { verifyEnvelope, verifyLog } from '../../server/ledger/verify.ts';
import { launchChromium, noChromium } from './virtual-authenticator.ts';
import { acknowledged, appended, enrolled, opened, stateIn } from '../ledger/fixture.ts';

const CONTENT: PageContent = {
  title: 'Put your name to it',
  consequences: ['Anyone on the internet can read every object in `prod-customer-exports`.'],
  rows: [
    ['File', 'iam/exports-bucket-policy.json'],
    ['Reason', 'The exports are public data since March'],
  ],
  button: 'Sign with your security key',
  wanted: { kind: 'sign', challenge: 'AAAA', credentials: [], userVerification: 'required' },
};

type Answered = { readonly status: number; readonly body: string };

/** Asks the page's server as any program could. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; host?: string } = {},
): Promise<Answered> {
  const { port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: pathname,
        method: options.method ?? 'GET',
        headers: { host: `localhost:${port}`, ...options.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

void test('the page answers only its own address, with its token, once', async () => {
  let told: unknown;
  const results: Answered[] = [];
  const done = await ceremony({
    content: CONTENT,
    check: async (answer) => {
      told = JSON.parse(answer);
      return undefined;
    },
    open: async (url) => {
      const { origin } = new URL(url);
      const post = { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body: '{"a":1}' };
      results.push(
        await ask(url),
        await ask(`${origin}/`),
        await ask(`${origin}/${'A'.repeat(43)}`),
        await ask(url, { headers: { host: `127.0.0.1:${new URL(url).port}` } }),
        await ask(url, { headers: { host: 'evil.example.com' } }),
        await ask(`${url}/answer`, { ...post, headers: { ...post.headers, origin: 'https://evil.example.com' } }),
        await ask(`${url}/answer`, { method: 'POST', body: '{}' }),
        await ask(`${url}/other`, post),
        await ask(`${url}/answer`, post),
        await ask(`${url}/answer`, post).catch(() => ({ status: 0, body: '' })),
      );
      return true;
    },
  });
  assert.deepEqual(done, { ok: true });
  assert.deepEqual(told, { a: 1 });
  assert.deepEqual(
    results.slice(0, 9).map(({ status }) => status),
    [200, 404, 404, 403, 403, 405, 405, 404, 200],
  );
  assert.ok([0, 405].includes(results[9]?.status ?? -1));
});

void test('a page that nobody answers, that is declined, that cannot be opened, or whose answer does not do', async () => {
  const base = { content: CONTENT, check: async () => undefined };
  const late = await ceremony({ ...base, open: async () => true, longest: 20 });
  assert.ok(!late.ok && /in time/.test(late.problem));
  const closed = await ceremony({ ...base, open: async () => false });
  assert.ok(!closed.ok && /could not be opened/.test(closed.problem));
  const declined = await ceremony({
    ...base,
    open: async (url) => (await ask(`${url}/declined`, { method: 'POST', headers: { origin: new URL(url).origin } })).status === 200,
  });
  assert.ok(!declined.ok && /declined/.test(declined.problem));
  for (const [body, says] of [
    ['{}', /not the one/],
    ['{', /JSON/],
    [JSON.stringify('x'.repeat(200_000)), /too large/],
  ] as const) {
    const refused = await ceremony({
      content: CONTENT,
      check: async (answer) => {
        JSON.parse(answer);
        return 'It is not the one.';
      },
      open: async (url) => {
        await ask(`${url}/answer`, { method: 'POST', headers: { origin: new URL(url).origin }, body }).catch(() => undefined);
        return true;
      },
    });
    assert.ok(!refused.ok && says.test(refused.problem), JSON.stringify(refused));
  }
});

void test('texts of others are shown as text, hidden characters too', () => {
  const page = presencePage(
    { ...CONTENT, consequences: ['<script>alert(1)</script> \u202E &'], rows: [['File', '</dd><img src=x>']] },
    'nonce',
  );
  assert.ok(!page.includes('<script>alert') && !page.includes('<img'));
  assert.match(page, /⟨U\+202E⟩/);
  assert.equal(page.match(/<script/g)?.length, 2);
});

void test('Chromium’s virtual authenticator: registers, signs, and is refused where it did not verify the person', {
  skip: noChromium,
  timeout: 180_000,
}, async (context) => {
  const browser = await launchChromium(context);
  const state = stateIn(context);
  const ledger = await opened(state);
  const ada = await enrolled(ledger, state);

  const register = await browser.session({ verifies: true });
  const registered = await registerSecurityKey('ada', [], register.open('#sign'));
  assert.ok(registered.ok, JSON.stringify(registered));
  const { key } = registered;
  assert.equal(key.kind, 'webauthn');
  assert.ok((await trustKey(ledger, state.keysFolder, key.text, realFileSystem, { signer: ada })).ok);

  const about = { title: CONTENT.title, consequences: CONTENT.consequences, rows: CONTENT.rows };
  const signer = (presence: 'touch' | 'verified', open: (url: string) => Promise<boolean>) => securityKeySigner(key, presence, about, open);
  const { bytes } = await appended(ledger, acknowledged(), signer('verified', register.open('#sign', undefined, undefined, true)));
  const checked = verifyEnvelope(bytes, trustedKeys(state.keysFolder));
  assert.ok(checked.ok && checked.presence === 'verified');

  // The same key, whose owner is not verified.
  await register.verifies(false);
  const refused = await ledger.append(acknowledged(), signer('verified', register.open('#sign', '#decline')));
  assert.ok(!refused.ok && /declined|did not/.test(refused.problem.message), JSON.stringify(refused));
  // A page that was meddled with asks for less; the server looks at what was signed.
  const meddled = await ledger.append(acknowledged(), signer('verified', register.open('#sign', undefined, 'discouraged')));
  assert.ok(!meddled.ok && /verif/i.test(meddled.problem.message), JSON.stringify(meddled));
  // Where a touch is enough, it is taken for that.
  const touched = await appended(ledger, acknowledged(), signer('touch', register.open('#sign')));
  const touch = verifyEnvelope(touched.bytes, trustedKeys(state.keysFolder));
  assert.ok(touch.ok && touch.presence === 'touch', JSON.stringify(touch));

  // Another authenticator does not have this key.
  const other = await browser.session({ verifies: true });
  const foreign = await ledger.append(acknowledged(), signer('touch', other.open('#sign', '#decline')));
  assert.ok(!foreign.ok);
  const report = await verifyLog(state);
  assert.ok(report.ok && report.records === 5, report.sentence);
});
