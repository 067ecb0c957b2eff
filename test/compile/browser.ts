/** What code for the browsers of guide 3 can and cannot use. */

// @ts-expect-error: Node
export const id = process.pid;

// @ts-expect-error: newer than ES2017
export const last = [1].at(-1);

export const title = document.title;
