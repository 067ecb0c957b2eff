import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path/posix';
import type { FastifyInstance } from 'fastify';
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { renderDocsPage } from '../pages/overview/document.ts';
import { ROOT } from '../system/package.ts';
import { createPageSender } from './overview.ts';

/** `/__docs`: the documentation that comes with the package. */

const FOLDER = new URL('docs/', ROOT);
const INDEX = 'README.md';

/** Pages and pictures, by their paths in the folder. */
const listFiles = (): string[] =>
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:md|png)$/.test(file))
    .map((file) => file.replaceAll('\\', '/'));

/** Whether a link of a page leads out of the documentation, to a file of the repository. */
const leadsOut = (file: string, href: string): boolean =>
  !/^[a-z]+:/.test(href) && path.join(path.dirname(file), href).startsWith('..');

/** What is wider than a phone scrolls by itself, also by keyboard. */
const makeScrollable = (html: string): string =>
  html
    .replaceAll('<pre>', '<pre tabindex="0">')
    .replaceAll('<table>', '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>');

/** The HTML of a page; links to files that are not served become text. */
const renderMarkdown = (file: string, text: string): string =>
  new Marked(gfmHeadingId(), {
    hooks: { postprocess: makeScrollable },
    renderer: {
      link({ href, tokens }: Tokens.Link) {
        return leadsOut(file, href) ? this.parser.parseInline(tokens) : false;
      },
    },
  }).parse(text, { async: false });

/** The first heading of a page. */
const findTitle = (text: string): string => /^# (.*)$/m.exec(text)?.[1] ?? 'Documentation';

export async function docsRoutes(app: FastifyInstance): Promise<void> {
  const sendPage = createPageSender();
  app.get('/', (_, reply) => reply.redirect(`${app.prefix}/${INDEX}`));
  app.get<{ Params: { '*': string } }>('/*', async ({ params }, reply) => {
    const file = params['*'];
    // Only names in the list are read, so no path leads out of the folder.
    if (!listFiles().includes(file)) {
      const html = '<h1>There is no such page</h1>';
      return sendPage(reply.code(404), (css) => renderDocsPage(css, 'Not found', html, app.prefix));
    }
    const content = readFileSync(new URL(file, FOLDER));
    if (file.endsWith('.png')) return reply.type('image/png').send(content);
    const text = content.toString();
    return sendPage(reply, (css) =>
      renderDocsPage(css, findTitle(text), renderMarkdown(file, text), app.prefix),
    );
  });
}
