import { visibleText } from '../../visible-text.ts';

/** What the browser is asked for, as navigator.credentials takes it; bytes in base64url. */
export type Wanted =
  | {
      readonly kind: 'sign';
      readonly challenge: string;
      readonly credentials: readonly string[];
      readonly userVerification: 'required' | 'preferred' | 'discouraged';
    }
  | {
      readonly kind: 'register';
      readonly challenge: string;
      readonly user: string;
      readonly userId: string;
      readonly known: readonly string[];
    };

export type PageContent = {
  readonly title: string;
  /** What becomes possible, worst first. */
  readonly consequences: readonly string[];
  /** Term and value: file, agent, reason. */
  readonly rows: readonly (readonly [string, string])[];
  readonly button: string;
  readonly wanted: Wanted;
};

/** The page on which a person signs with a security key: the consequence first, one button, nothing from elsewhere. */
export function presencePage({ title, consequences, rows, button, wanted }: PageContent, nonce: string): string {
  const text = (value: string): string => visibleText(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Countersign: ${text(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${text(title)}</h1>
${consequences.map((sentence) => `<p class="consequence">${text(sentence.replaceAll('`', ''))}</p>`).join('\n')}
<dl>${rows.map(([term, value]) => `<dt>${text(term)}</dt><dd>${text(value)}</dd>`).join('')}</dl>
<p><button id="sign">${text(button)}</button> <button id="decline" class="quiet">Sign nothing</button></p>
<p id="result" role="status" aria-live="polite"></p>
</main>
<script type="application/json" id="wanted" nonce="${nonce}">${JSON.stringify(wanted).replaceAll('<', '\\u003c')}</script>
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --paper: #ffffff; --line: #d0d7de; --act: #0550ae; --on: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --quiet: #9ea7b3; --paper: #14181d; --line: #3d444d; --act: #79c0ff; --on: #0d1117; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.1rem; font-weight: 600; color: var(--quiet); }
.consequence { font-size: 1.3rem; font-weight: 600; line-height: 1.35; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
button { font: inherit; padding: .5rem 1rem; border-radius: 6px; border: 1px solid var(--act); background: var(--act); color: var(--on); cursor: pointer; }
button.quiet { background: none; color: var(--ink); border-color: var(--line); }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
button:disabled { opacity: .5; cursor: default; }
`;

/** Runs in the browser. What it sends has the shape of the standard's RegistrationResponseJSON or AuthenticationResponseJSON. */
const SCRIPT = `
'use strict';
const wanted = JSON.parse(document.getElementById('wanted').textContent);
const result = document.getElementById('result');
const [sign, decline] = [document.getElementById('sign'), document.getElementById('decline')];
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const listed = (ids) => ids.map((id) => ({ type: 'public-key', id: bytes(id) }));
const ask = () => wanted.kind === 'sign'
  ? navigator.credentials.get({ publicKey: { challenge: bytes(wanted.challenge), rpId: 'localhost', allowCredentials: listed(wanted.credentials), userVerification: wanted.userVerification, timeout: 120000 } })
  : navigator.credentials.create({ publicKey: { challenge: bytes(wanted.challenge), rp: { id: 'localhost', name: 'Countersign' }, user: { id: bytes(wanted.userId), name: wanted.user, displayName: wanted.user },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })), excludeCredentials: listed(wanted.known), attestation: 'none', timeout: 120000,
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' } } });
const told = ({ id, rawId, type, response, authenticatorAttachment }) => ({
  id, rawId: text(rawId), type, clientExtensionResults: {}, authenticatorAttachment: authenticatorAttachment || undefined,
  response: wanted.kind === 'sign'
    ? { clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature) }
    : { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports ? response.getTransports() : [] },
});
const send = async (action, body) => {
  const answer = await fetch(location.pathname + '/' + action, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  result.textContent = await answer.text();
};
const during = (act) => async () => {
  sign.disabled = decline.disabled = true;
  try { await act(); } catch (error) {
    result.textContent = 'Nothing was signed: ' + (error && error.message ? error.message : error);
    sign.disabled = decline.disabled = false;
  }
};
sign.addEventListener('click', during(async () => { result.textContent = 'Touch your security key.'; await send('answer', told(await ask())); }));
decline.addEventListener('click', during(() => send('declined', {})));
decline.focus();
`;
