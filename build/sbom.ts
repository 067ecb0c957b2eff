import { execSync } from 'node:child_process';
import type { Package } from './bundled.ts';
import { ROOT } from './targets.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly properties: unknown;
}

/** What `npm sbom` prints, as far as it is used here. */
interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly version: number;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * The bill of materials (CycloneDX) of what is published, as npm describes it from the lock file, less what differs from
 * one build to the next: serial number, time and version of npm.
 *
 * @throws {Error} npm does not list a package that is bundled
 */
export function sbom(bundled: readonly Package[]): string {
  const printed = execSync(
    'npm sbom --sbom-format=cyclonedx --package-lock-only --include=dev --loglevel=error',
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    },
  );
  const { bomFormat, specVersion, version, metadata, components, dependencies }: Bom = JSON.parse(printed);
  const refs = new Set(bundled.map((one) => `${one.name}@${one.version}`));
  const listed = components.filter((component) => refs.has(component['bom-ref']));
  if (listed.length !== refs.size)
    throw new Error(`npm sbom lists ${listed.length} of ${refs.size} packages`);
  const own = metadata.component['bom-ref'];
  const isPublished = (ref: string) => ref === own || refs.has(ref);
  const bom = {
    bomFormat,
    specVersion,
    version,
    // npm takes the name from the folder.
    metadata: { component: { ...metadata.component, name: 'mock-veridas' } },
    // To npm they are dependencies of the development alone.
    components: listed.map(({ properties: _, ...component }) => component),
    dependencies: dependencies
      .filter(({ ref }) => isPublished(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isPublished) })),
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}
