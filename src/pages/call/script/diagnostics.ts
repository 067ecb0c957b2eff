import type { Diagnostics } from '../../../domain/presence.ts';

/** Chromium's name for the permissions policy (Chrome 74); nobody else tells what `allow` says. */
interface WithPolicy {
  readonly featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** In about one load in ten Chromium says 0x0 while the script runs. A frame that is not shown stays so. */
const SIZE_TIMEOUT_MS = 1_000;

type Feature = 'camera' | 'microphone';
const DEVICE_KINDS: Record<Feature, MediaDeviceKind> = { camera: 'videoinput', microphone: 'audioinput' };

/** State of a permission, or null where the browser does not know it (Firefox before 132, Safari before 16). */
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
 * Whether the iframe's `allow` lets the page have a feature. Permissions come second: test frameworks grant them
 * without `allow`. Refused with no such device in the list is `allow`; refused with one is the user.
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

/** Origin of the page around this one. A referrer policy may hide the first, and in Firefox the second. */
function findParentOrigin(): string | null {
  const referrer = /^https?:\/\/[^/]+/.exec(document.referrer);
  if (referrer !== null) return referrer[0];
  const ancestors = location.ancestorOrigins as DOMStringList | undefined;
  const parent = ancestors?.[0];
  return parent === undefined || parent === 'null' ? null : parent;
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

/** Looks at how the page is embedded and tells `done`; it judges nothing. */
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
