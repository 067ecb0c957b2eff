// The pages' scripts know neither Node nor what the oldest browsers of guide 3 lack.

// @ts-expect-error
export const pid = process.pid;

// @ts-expect-error
export const last = [1].at(-1);

export const title = document.title;
