/** Chromium with a security key that exists in software alone: W3C WebAuthn's virtual authenticators, by the DevTools protocol. */
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const chromium = chromiumPath();
const driver = join(process.cwd(), 'test/editor/node_modules/playwright-core/index.mjs');

/** Why tests with it are passed over; false where it is there. */
export const noChromium =
  chromium === undefined ? 'Chromium is not installed' : existsSync(driver) ? false : 'the editor suite is not installed';

/** As much of the driver as this test uses. */
type Page = {
  goto: (url: string) => Promise<unknown>;
  click: (selector: string) => Promise<void>;
  waitForFunction: (script: string) => Promise<unknown>;
  evaluate: (script: string) => Promise<unknown>;
  emulateMedia: (options: { colorScheme: 'light' | 'dark' }) => Promise<void>;
  screenshot: (options: { path: string }) => Promise<unknown>;
};
type Cdp = { send: (method: string, params?: object) => Promise<{ authenticatorId: string }> };
type Context = { newPage: () => Promise<Page>; newCDPSession: (page: Page) => Promise<Cdp> };
type Driver = {
  chromium: { launch: (options: object) => Promise<{ newContext: (options: object) => Promise<Context>; close: () => Promise<void> }> };
};

export async function launchChromium(context: { after: (clean: () => Promise<void>) => void }) {
  const { chromium: type } = (await import(pathToFileURL(driver).href)) as Driver;
  const browser = await type.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  context.after(() => browser.close());
  return {
    session: async ({ verifies }: { verifies: boolean }) => {
      const own = await browser.newContext({ viewport: { width: 900, height: 620 } });
      const page = await own.newPage();
      const cdp = await own.newCDPSession(page);
      await cdp.send('WebAuthn.enable', { enableUI: false });
      const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          transport: 'usb',
          hasUserVerification: true,
          isUserVerified: verifies,
          automaticPresenceSimulation: true,
        },
      });
      return {
        verifies: (isUserVerified: boolean) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
        /** Clicks; where that came to nothing, clicks the second. `ask`: what the page is made to ask for instead. */
        open:
          (selector: string, then?: string, weaker?: string, shoot = false) =>
          async (url: string) => {
            await page.goto(url);
            if (shoot) await shots(page);
            if (weaker !== undefined) await page.evaluate(`wanted.userVerification = ${JSON.stringify(weaker)}`);
            await page.click(selector);
            if (then !== undefined) {
              await page.waitForFunction('/Nothing was signed/.test(document.getElementById("result").textContent)');
              await page.click(then);
            }
            return true;
          },
      };
    },
  };
}

async function shots(page: Page): Promise<void> {
  mkdirSync('out/shots', { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `out/shots/security-key-${colorScheme}.png` });
  }
}

function chromiumPath(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), '/usr/bin'];
  const own = process.env['CHROMIUM'];
  return own ?? folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
}
