import { ADMIN, CONSOLE, DEMO, DOCS } from './paths.ts';
import type { Routes } from './route.ts';

/** What the start page and the index of the control API list. */

/** A page for people, or an answer that they can read. */
export interface PageLine {
  readonly path: string;
  readonly title: string;
  readonly summary: string;
}

/** Where a person finds everything else. */
export const PAGES: readonly PageLine[] = [
  { path: DEMO, title: 'Demo', summary: 'Start a call in a sample page, and copy its code' },
  {
    path: CONSOLE,
    title: 'Console',
    summary: 'See calls, tokens and requests, play the agent, move the clock',
  },
  { path: DOCS, title: 'Documentation', summary: 'How-to pages, reference, and troubleshooting by message' },
  { path: ADMIN, title: 'Control API', summary: 'Every route for tests' },
  { path: `${ADMIN}/health`, title: 'Health', summary: 'Whether the simulator is well, as JSON' },
  { path: `${ADMIN}/openapi.json`, title: 'OpenAPI', summary: 'The control API, described for programs' },
];

/** A route of the control API as people write it. */
export interface RouteLine {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
}

export const listRoutes = (routes: Routes): RouteLine[] =>
  Object.entries(routes).map(([name, { summary }]) => {
    const [method = '', path = ''] = name.split(' ');
    return { method, path: `${ADMIN}${path === '/' ? '' : path}`, summary };
  });
