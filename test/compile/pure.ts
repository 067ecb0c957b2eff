/** What pure code can and cannot use. */

// @ts-expect-error: a module of Node
import fs from 'node:fs';

export const folder = fs;

// @ts-expect-error: Node
export const id = process.pid;

// @ts-expect-error: the DOM
export const title = document.title;

// @ts-expect-error: timers
export const timer = setTimeout(() => {}, 1);

export const last = [1].at(-1);
