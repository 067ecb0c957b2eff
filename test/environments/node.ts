// Code for Node knows no browser.

// @ts-expect-error
export const title = document.title;

export const pid = process.pid;
