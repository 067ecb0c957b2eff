import path from 'node:path/posix';
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { escapeHtml } from '../html.ts';

/** The file of the repository to which a link of a page leads, if it is no page of the documentation. */
function findFileOutside(file: string, href: string): string | undefined {
  const target = path.join('docs', path.dirname(file), href);
  return /^[a-z]+:/.test(href) || target.startsWith('docs/') ? undefined : target;
}

/** What is wider than a phone scrolls by itself, also by keyboard. */
const makeScrollable = (html: string): string =>
  html
    .replaceAll('<pre>', '<pre tabindex="0">')
    .replaceAll('<table>', '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>')
    .replaceAll('</table>', '</table></div>');

/** The HTML of a page; links to files that are not served become text, with the names of the files. */
export const renderMarkdown = (file: string, text: string): string =>
  new Marked(gfmHeadingId(), {
    hooks: { postprocess: makeScrollable },
    renderer: {
      link({ href, tokens }: Tokens.Link) {
        const outside = findFileOutside(file, href);
        if (outside === undefined) return false;
        const label = this.parser.parseInline(tokens);
        return label.includes(outside) ? label : `${label} (<code>${escapeHtml(outside)}</code>)`;
      },
    },
  }).parse(text, { async: false });
