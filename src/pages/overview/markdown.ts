import path from 'node:path/posix';
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';

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
export const renderMarkdown = (file: string, text: string): string =>
  new Marked(gfmHeadingId(), {
    hooks: { postprocess: makeScrollable },
    renderer: {
      link({ href, tokens }: Tokens.Link) {
        return leadsOut(file, href) ? this.parser.parseInline(tokens) : false;
      },
    },
  }).parse(text, { async: false });
