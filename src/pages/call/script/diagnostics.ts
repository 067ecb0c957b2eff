import type { Diagnostics } from '../../../domain/presence.ts';

/** Chromium's name for the permissions policy (since Chrome 74); no other browser reveals `allow`. */
interface WithPolicy {
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** In about one load in ten Chromium reports 0x0 while the script runs. A hidden frame stays at 0x0. */
const SIZE_TIMEOUT_MS = 1_000;

type Feature = 'camera' | 'microphone';
const DEVICE_KINDS: Record<Feature, MediaDeviceKind> = { camera: 'videoinput', microphone: 'audioinput' };

/** State of a permission, or null when the browser does not support it (Firefox before 132, Safari before 16). */
function queryPermission(feature: Feature): Promise<string | null> {
  const permissions = navigator.permissions as Permissions | undefined;
  if (permissions === undefined) return Promise.resolve(null);
  return permissions.query({ name: feature as PermissionName }).then(
    (status) => status.state as string,
    () => null,
  );
}

function listDeviceKinds(): Promise<string[]> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) return Promise.resolve([]);
  return devices.enumerateDevices().then(
    (all) => all.map((device) => device.kind as string),
    () => [],
  );
}

/**
 * Whether the iframe's `allow` permits a feature. Permissions come second: test frameworks grant them without `allow`. A
 * refusal without any such device in the list is due to `allow`; a refusal with one is due to the user.
 */
function isFeatureAllowed(feature: Feature): Promise<boolean | null> {
  const policy = (document as WithPolicy).featurePolicy;
  if (policy !== undefined) return Promise.resolve(policy.allowsFeature(feature));
  return queryPermission(feature).then((state) => {
    if (state === null || window.isSecureContext !== true) return null;
    if (state !== 'denied') return true;
    return listDeviceKinds().then((kinds) => kinds.indexOf(DEVICE_KINDS[feature]) >= 0);
  });
}

/** Origin of the embedding page. A referrer policy may hide the first source, and in Firefox make the second "null". */
function findParentOrigin(): string | null {
  const referrer = /^https?:\/\/[^/]+/.exec(document.referrer);
  if (referrer !== null) return referrer[0];
  const ancestors = location.ancestorOrigins as DOMStringList | undefined;
  return ancestors?.[0] ?? null;
}

function waitForSize(then: () => void): void {
  if (window.innerWidth > 0) {
    then();
    return;
  }
  let isWaiting = true;
  const once = () => {
    if (isWaiting) then();
    isWaiting = false;
  };
  window.addEventListener('resize', once);
  window.setTimeout(once, SIZE_TIMEOUT_MS);
}

/** Examines how the page is embedded, and passes the result to `done`; it judges nothing. */
export function diagnose(parent: Window, done: (diagnostics: Diagnostics) => void): void {
  waitForSize(() => {
    Promise.all([isFeatureAllowed('camera'), isFeatureAllowed('microphone')]).then(
      (allows) =>
        done({
          topLevel: parent === window,
          nested: parent !== window.top,
          secureContext: (window.isSecureContext as boolean | undefined) ?? null,
          origin: (self.origin as string | undefined) ?? null,
          parentOrigin: findParentOrigin(),
          cameraAllowed: allows[0],
          microphoneAllowed: allows[1],
          width: window.innerWidth,
          height: window.innerHeight,
          userAgent: navigator.userAgent,
          eventSource: 'EventSource' in window,
          webRtc: 'RTCPeerConnection' in window,
        }),
      () => {},
    );
  });
}
