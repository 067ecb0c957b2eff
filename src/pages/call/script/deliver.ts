import type { PagePost } from '../messages.ts';
import { toForeignOrigin, toPageHost } from './addresses.ts';

const FRAME_TIMEOUT_MS = 5_000;

/**
 * Posts a message, and passes `done` whether it could. The parent's origin cannot be known, so any origin may read it (guide
 * 5.5). A message from another origin is posted by a frame of that origin.
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
  // Only Chromium fires an error for a frame that cannot be loaded.
  window.setTimeout(() => once(false), FRAME_TIMEOUT_MS);
  const foreign = toForeignOrigin(post.foreign);
  // The origin of a sandboxed frame is `null`.
  if (foreign === undefined) frame.setAttribute('sandbox', 'allow-scripts');
  frame.src = foreign ?? toPageHost(post.foreign);
  document.body.appendChild(frame);
}
