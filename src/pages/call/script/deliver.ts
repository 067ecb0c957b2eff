import type { PagePost } from '../messages.ts';

const FRAME_TIMEOUT_MS = 5_000;

/**
 * Posts what it is told to, and tells `done` whether it could. The parent's origin cannot be known, so any may read it (guide 5.5).
 * What comes from another origin is posted by a frame of that origin.
 */
export function deliver(parent: Window, post: PagePost, done: (posted: boolean) => void): void {
  if (post.foreign === undefined) {
    parent.postMessage(post.data, '*');
    done(true);
    return;
  }
  let isWaiting = true;
  const once = (posted: boolean) => {
    if (isWaiting) done(posted);
    isWaiting = false;
  };
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.onload = () => once(true);
  // A frame that cannot be reached says so in no browser but Chromium.
  window.setTimeout(() => once(false), FRAME_TIMEOUT_MS);
  frame.src = post.foreign;
  document.body.appendChild(frame);
}
