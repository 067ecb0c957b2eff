// Pure code knows neither Node nor a browser. An environment that did would make `@ts-expect-error` an error.

// @ts-expect-error
export { readFileSync } from 'node:fs';

// @ts-expect-error
export const pid = process.pid;

// @ts-expect-error
export const title = document.title;

// @ts-expect-error
export const timer = setTimeout(() => {}, 1);

export const last = [1].at(-1);
