/** What code for Node can and cannot use. */

// @ts-expect-error: the DOM
export const title = document.title;

export const id = process.pid;
