import { h } from 'preact';
import { render } from 'preact-render-to-string';
import { Report } from './page.tsx';
import type { ReportSnapshot } from './snapshot.ts';

/** Nothing is loaded and no script runs, whatever the texts in the report contain. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The report as one self-contained document; `css` is its style. */
export const renderReport = (snapshot: ReportSnapshot, css: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>mock-veridas report</title>
<style>${css}</style>
</head>
<body>
${render(h(Report, { snapshot }))}
</body>
</html>
`;
