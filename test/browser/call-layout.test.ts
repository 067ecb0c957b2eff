import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { LANGUAGES, type Language, TEXTS } from '../../src/pages/call/texts.ts';
import { useChromium } from '../support/chromium-page.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

/** From a desktop to the default size of an iframe: wide, high, square and tiny. */
const SIZES = [
  [1280, 800],
  [1920, 1080],
  [984, 600],
  [844, 390],
  [640, 480],
  [500, 500],
  [390, 844],
  [360, 640],
  [320, 400],
  [300, 300],
  [220, 220],
  [984, 150],
  [300, 150],
  [150, 300],
  [160, 160],
] as const;
const TOO_SMALL = 200;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const LOCALES: Record<Language, string> = { en: 'en-GB', es: 'es-MX' };

describe.skipIf(why)(`the layout of the call page${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();
  const opened: Page[] = [];
  afterEach(async () => {
    for (const page of opened.splice(0)) await page.context().close();
  });

  /** Opens the frame in a browser context of its own, and applies the agent's actions. */
  async function embed(
    actions: readonly string[],
    {
      base = stage.d.mock.browserUrl,
      ...options
    }: { base?: string; locale?: string; scenario?: string } = {},
  ) {
    const { scenario = 'manual', ...ofContext } = options;
    const context = await stage.browser.newContext({ colorScheme: null, ...ofContext });
    const page = await context.newPage();
    opened.push(page);
    const client = await stage.d.createClient({ scenario });
    const query = new URLSearchParams({ access_token: await stage.d.token(client), validation_id: 'val-1' });
    await page.goto(stage.shop.getPageUrl(`${base}/call?${query}`));
    const frame = page.frameLocator('#videocall-iframe');
    for (const action of actions) {
      // The page must have checked in: then it answers.
      await expect
        .poll(
          async () => (await stage.d.admin('GET', `/calls/val-1?client_id=${client.client_id}`)).json.page,
        )
        .toBe('open');
      await stage.d.admin('POST', '/calls/val-1/agent', { action, client_id: client.client_id });
    }
    return { page, frame };
  }

  /** Resizes the frame, and waits until its script has seen that. */
  async function resize(
    { page, frame }: Awaited<ReturnType<typeof embed>>,
    [width, height]: readonly number[],
  ) {
    await page.setViewportSize({ width: width ?? 0, height: height ?? 0 });
    const size = Math.min(width ?? 0, height ?? 0) < TOO_SMALL ? 'too-small' : 'usable';
    await frame.locator(`body[data-size="${size}"]`).waitFor();
    await expect.poll(() => frame.locator('html').evaluate(() => innerWidth)).toBe(width);
  }

  /** The boxes of the visible elements among these. */
  async function getBoxes({ frame }: Awaited<ReturnType<typeof embed>>, selectors: readonly string[]) {
    const boxes: Record<string, Box> = {};
    for (const selector of selectors) {
      const element = frame.locator(selector);
      const box = (await element.isVisible()) ? await element.boundingBox() : null;
      if (box !== null) boxes[selector] = box;
    }
    return boxes;
  }

  const ON_THE_PICTURE = [
    '.notice.warning',
    '.notice.too-small',
    '.tag:not(.name)',
    '.tag.name',
    '.self',
    'footer',
  ];

  it.each([
    ['the guide', 0],
    // A warning takes all of a smaller frame.
    ['a host that gets a warning', 300],
  ])('lets nothing overlap nor cover the face of the agent, at %s', async (host, minimum) => {
    const base = minimum === 0 ? stage.d.mock.browserUrl : stage.d.mock.url;
    for (const language of LANGUAGES) {
      const call = await embed(['join', 'start'], { locale: LOCALES[language], base });
      await call.frame.locator('body[data-state="in-call"][data-self-view]').waitFor();
      for (const size of SIZES.filter((one) => Math.min(...one) >= minimum)) {
        await resize(call, size);
        const boxes = Object.entries(await getBoxes(call, [...ON_THE_PICTURE, '.face']));
        expect(boxes.length).toBeGreaterThan(2);
        for (const [name, box] of boxes)
          for (const [other, its] of boxes)
            if (name < other && overlap(box, its))
              expect.fail(`${name} and ${other} overlap at ${size} (${language}, ${host})`);
      }
    }
  });

  it('says in a frame of 300 x 150 how high it is, in place of the badges', async () => {
    const call = await embed(['join', 'start']);
    await call.frame.locator('body[data-state="in-call"]').waitFor();
    await resize(call, [300, 150]);
    expect(await call.frame.locator('.notice:visible').allTextContents()).toEqual([
      'This frame is only 150 px high: give the elements around it a height',
    ]);
    expect(await call.frame.locator('.tag:visible, footer:visible').count()).toBe(0);
    await resize(call, [150, 300]);
    expect(await call.frame.locator('.notice:visible').textContent()).toContain('only 150 px wide');
    await resize(call, [640, 480]);
    expect(await call.frame.locator('.notice:visible').count()).toBe(0);
    expect(await call.frame.locator('.tag:visible').count()).toBe(2);
  });

  it.each([
    ['waiting-room', 'manual', []],
    ['loading', 'manual', ['join']],
    ['ended', 'manual', ['join', 'start', 'end']],
    ['error', 'not-found', []],
  ] as const)(
    'shows the heading of the %s screen in a frame of 300 x 150',
    async (state, scenario, actions) => {
      for (const locale of Object.values(LOCALES)) {
        const call = await embed(actions, { scenario, locale });
        await call.frame.locator(`body[data-state="${state}"]`).waitFor();
        await resize(call, [300, 150]);
        const heading = await call.frame.locator('h1:visible').boundingBox();
        expect(heading?.y).toBeGreaterThan(0);
        expect((heading?.y ?? 0) + (heading?.height ?? 0)).toBeLessThanOrEqual(150);
        expect(await call.frame.locator('html').evaluate((html) => html.scrollHeight)).toBeLessThanOrEqual(
          150,
        );
      }
    },
  );

  it.each(LANGUAGES)("speaks the customer's language: %s", async (language) => {
    const texts = TEXTS[language];
    const { frame } = await embed([], { locale: LOCALES[language] });
    expect(await frame.locator('html').getAttribute('lang')).toBe(language);
    expect(await frame.locator('h1:visible').textContent()).toBe(texts.waitingRoom.heading);
    const { connection } = texts;
    await frame.getByText(`${connection.label}: ${connection.good}`).waitFor();
  });

  it('follows the color-scheme of the iframe', async () => {
    const { page, frame } = await embed([]);
    const getBack = () => frame.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await getBack();
    await page.addStyleTag({ content: 'iframe { color-scheme: dark }' });
    await expect.poll(getBack).not.toBe(light);
  });
});
