import { readdirSync, readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { renderDocsPage } from '../pages/overview/document.ts';
import { ROOT } from '../system/package.ts';
import { sendPage } from './overview.ts';

/** `/__docs`: the documentation that comes with the package. */

const FOLDER = new URL('docs/', ROOT);
const INDEX = 'README.md';

/** Pages and pictures, by their paths in the folder. */
const listFiles = (): string[] =>
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:md|png)$/.test(file))
    .map((file) => file.replaceAll('\\', '/'));

/** The first heading of a page. */
const findTitle = (text: string): string => /^# (.*)$/m.exec(text)?.[1] ?? 'Documentation';

export async function docsRoutes(app: FastifyInstance): Promise<void> {
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
    // Imported when it is needed, so that every start stays fast.
    const { renderMarkdown } = await import('../pages/overview/markdown.ts');
    return sendPage(reply, (css) =>
      renderDocsPage(css, findTitle(text), renderMarkdown(file, text), app.prefix),
    );
  });
}
