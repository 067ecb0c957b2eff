import { type Browser, chromium } from 'playwright-core';
import { findTool } from './tools.ts';

/** A host name of this machine that browsers, unlike localhost, do not treat as secure. */
export const INSECURE_HOST = 'shop.test';

/** Gives every page a fake camera and microphone. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Returns the path of Chromium without a window, or of the whole Chromium if that is all there is. */
export const findHeadlessChromium = (): string | undefined =>
  findTool('headlessChromium') ?? findTool('chromium');

/**
 * Launches Chromium, by default with a fake camera. It makes no requests of its own to the network.
 *
 * @param unresolved host names that it cannot resolve; may contain `*`
 */
export function launchChromium({
  camera = true,
  unresolved = '',
  executablePath = findHeadlessChromium(),
} = {}): Promise<Browser> {
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      ...(camera ? CAMERA : []),
      // Pages of a host other than localhost are not secure.
      `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1${unresolved && `,MAP ${unresolved} ~NOTFOUND`}`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
