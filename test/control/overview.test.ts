import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/control/schema/routes.ts';
import { BLOCKS, PAGES } from '../support/docs.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { sendRaw } from '../support/raw-http.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const JAVA = { accept: 'text/html, image/gif, image/jpeg, */*; q=0.2', 'user-agent': 'Java/17.0.15' };

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
});
afterAll(() => d.mock.close());

const request = (method: string, target: string, headers: Record<string, string> = {}) =>
  sendRaw(d.mock.url, { method, path: target, headers: Object.entries(headers) });
/** The addresses to which a page leads. */
const listLinks = (html: string) => [...html.matchAll(/ href="(\/[^"]*)"/g)].map(([, href = '']) => href);

describe('GET /', () => {
  it.each([
    ['no Accept', 'GET', {}],
    ['*/*, as curl sends', 'GET', { accept: '*/*' }],
    ['JSON', 'GET', { accept: 'application/json' }],
    ['JSON rather than HTML', 'GET', { accept: 'application/json, text/html;q=0.9, */*;q=0.1' }],
    ['HTML excluded', 'GET', { accept: '*/*, text/html;q=0' }],
    ['the default of axios', 'GET', { accept: 'application/json, text/plain, */*' }],
    ['the default of HttpURLConnection', 'GET', JAVA],
    ['HTML in a POST', 'POST', { accept: BROWSER }],
    ['HTML in a HEAD', 'HEAD', { accept: BROWSER }],
  ])('is the framework’s 404 to the byte for %s', async (_, method, headers) => {
    const unknown = await request(method, '/unknown', headers);
    const root = await request(method, '/', headers);
    const { date: _d, ...expected } = unknown.headers;
    const { date: _r, ...answered } = root.headers;
    expect([root.status, answered, root.body]).toEqual([404, expected, unknown.body]);
  });

  it('is in the journal for other programs, and not for browsers', async () => {
    await request('GET', '/');
    await request('GET', '/', { accept: BROWSER });
    const { items } = (await d.admin('GET', '/requests?path=/')).json;
    expect(items.at(-1)).toMatchObject({ status: 404 });
    const { count } = (await d.admin('GET', '/requests/count?path=/')).json;
    await request('GET', '/', { accept: BROWSER });
    expect((await d.admin('GET', '/requests/count?path=/')).json.count).toBe(count);
  });

  it.each(['/', '/?from=bookmark'])(
    'leads a browser at %s to every page, and each is there',
    async (target) => {
      const page = await request('GET', target, { accept: BROWSER });
      expect(page.status).toBe(200);
      const links = listLinks(String(page.body));
      expect(links).toEqual(
        expect.arrayContaining(['/__demo', '/__console', '/__docs', '/__admin', '/__admin/health']),
      );
      for (const link of links) {
        const { status } = await fetch(`${d.mock.url}${link}`, { headers: { accept: BROWSER } });
        expect([link, status]).toEqual([link, 200]);
      }
    },
  );

  it('forbids scripts, other styles and framing on the page', async () => {
    const { headers } = await fetch(d.mock.url, { headers: { accept: BROWSER } });
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|script-src/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('GET /__admin', () => {
  const EVERY_ROUTE = Object.entries(ROUTES).map(([name, { summary }]) => {
    const [method, route = ''] = name.split(' ');
    return { method, path: `/__admin${route}`.replace(/\/$/, ''), summary };
  });

  it.each(['/__admin', '/__admin/'])('lists pages and every route as JSON at %s', async (target) => {
    const answer = await fetch(`${d.mock.url}${target}`);
    const { version, pages, routes } = (await answer.json()) as Record<string, { path: string }[]>;
    expect([answer.status, version, routes]).toEqual([200, expect.any(String), EVERY_ROUTE]);
    expect(pages?.map((page) => page.path)).toEqual([
      '/__demo',
      '/__console',
      '/__docs',
      '/__admin',
      '/__admin/health',
      '/__admin/openapi.json',
    ]);
  });

  it.each(['/__admin', '/__admin/'])('shows a browser every route at %s', async (target) => {
    const answer = await fetch(`${d.mock.url}${target}`, { headers: { accept: BROWSER } });
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const { path: route } of EVERY_ROUTE) expect(html).toContain(`<code>${route}</code>`);
    expect(listLinks(html)).toContain('/__docs');
  });

  it.each([{}, { accept: BROWSER }])(
    'answers 403 to another Host, and 401 without credentials, with %j',
    async (accept) => {
      const rebound = await request('GET', '/__admin', { host: 'rebound.example', ...accept });
      expect(rebound.status).toBe(403);
      const admin = { user: 'admin', password: 'secret', origins: [] };
      const exposed = await openDrive({ host: '0.0.0.0', admin });
      const open = (headers: Record<string, string>) =>
        fetch(exposed.mock.adminUrl, { headers: { ...accept, ...headers } });
      expect((await open({})).status).toBe(401);
      expect((await open({ authorization: `Basic ${btoa('admin:secret')}` })).status).toBe(200);
      await exposed.mock.close();
    },
  );
});

describe('the documentation at /__docs', () => {
  const open = (target: string) => fetch(`${d.mock.url}/__docs${target}`, { redirect: 'manual' });

  it.each(['', '/'])('leads from /__docs%s to the index', async (target) => {
    const answer = await open(target);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/__docs/README.md']);
  });

  it('serves every page, and no link of a page leads to what is not served', async () => {
    const files = PAGES.map(({ file }) => file).filter((file) => file.startsWith('docs/'));
    expect(files.length).toBeGreaterThan(20);
    const dead: string[] = [];
    const known = new Map(files.map((file) => [`/__${file}`, true]));
    for (const file of files) {
      const address = `${d.mock.url}/__${file}`;
      const answer = await fetch(address);
      expect([file, answer.status]).toEqual([file, 200]);
      const targets = [...(await answer.text()).matchAll(/<(?:a|img)\b[^>]* (?:href|src)="([^"]*)"/g)];
      for (const [, target = ''] of targets.filter(([, target = '']) => !/^[a-z]+:/.test(target))) {
        const { pathname } = new URL(target, address);
        if (!known.has(pathname)) {
          const { ok, body } = await fetch(`${d.mock.url}${pathname}`, { headers: { accept: BROWSER } });
          await body?.cancel();
          known.set(pathname, ok);
        }
        if (!known.get(pathname)) dead.push(`${file}: ${target}`);
      }
    }
    expect(dead).toEqual([]);
    expect(known.size).toBeGreaterThan(files.length);
  });

  it('gives headings the anchors that links use', async () => {
    expect(await (await open('/troubleshooting.md')).text()).toContain('id="401-invalid_client"');
  });

  it('names the files of the repository to which pages link', async () => {
    expect(await (await open('/how-to/ci.md')).text()).toContain('(<code>recipes/gitlab/exec.yml</code>)');
  });

  it('shows code as it stands', async () => {
    const html = await (await open('/tutorial.md')).text();
    const { text = '' } =
      BLOCKS.find(({ file, language }) => file === 'docs/tutorial.md' && language === 'html') ?? {};
    expect(html).toContain(text.split('\n')[0]?.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  });

  it('serves pictures', async () => {
    const answer = await open('/pictures/console.png');
    const file = path.join(import.meta.dirname, '../../docs/pictures/console.png');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(readFileSync(file));
  });

  it.each([
    '/none.md',
    '/how-to',
    '/pictures/take.ts',
    '/..%2fpackage.json',
    '/..%2f..%2fREADME.md',
    '/%00.md',
  ])('answers 404 at %s', async (target) => {
    const answer = await open(target);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });
});
