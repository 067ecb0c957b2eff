import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * Programs and packages outside the npm registry that some tests need, with their Debian packages. A name is a
 * command, or the path of a package for another language.
 */
export const TOOLS = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome'], debian: 'chromium' },
  // Playwright's default for Chromium without a window. A page costs a quarter of the processor time.
  headlessChromium: { names: ['chromium-headless-shell'], debian: 'chromium-headless-shell' },
  firefox: { names: ['firefox-esr', 'firefox'], debian: 'firefox-esr' },
  webkit: { names: ['MiniBrowser'], debian: 'webkit2gtk-driver' },
  webkitDriver: { names: ['WebKitWebDriver'], debian: 'webkit2gtk-driver' },
  xvfb: { names: ['Xvfb'], debian: 'xvfb' },
  dbus: { names: ['dbus-run-session'], debian: 'dbus' },
  redis: { names: ['redis-server'], debian: 'redis-server' },
  haproxy: { names: ['haproxy', '/usr/sbin/haproxy'], debian: 'haproxy' },
  nginx: { names: ['nginx'], debian: 'nginx-light' },
  xmllint: { names: ['xmllint'], debian: 'libxml2-utils' },
  slowhttptest: { names: ['slowhttptest'], debian: 'slowhttptest' },
  curl: { names: ['curl'], debian: 'curl' },
  runc: { names: ['runc'], debian: 'runc' },
  iptables: { names: ['iptables', '/usr/sbin/iptables'], debian: 'iptables' },
  slirp4netns: { names: ['slirp4netns'], debian: 'slirp4netns' },
  mmdebstrap: { names: ['mmdebstrap'], debian: 'mmdebstrap' },
  'docker-compose': { names: ['docker-compose'], debian: 'docker-compose' },
  // Only a development kit runs a program from its source.
  java: { names: ['javac'], debian: 'default-jdk-headless' },
  python: { names: ['python3'], debian: 'python3' },
  ruby: { names: ['ruby'], debian: 'ruby' },
  php: { names: ['php'], debian: 'php-cli' },
  // The extension's own folder is named after the version of PHP.
  'php-curl': { names: ['/usr/share/doc/php-curl'], debian: 'php-curl' },
  guzzle: { names: ['/usr/share/php/GuzzleHttp/autoload.php'], debian: 'php-guzzlehttp-guzzle' },
  go: { names: ['go'], debian: 'golang-go' },
  'x/oauth2': {
    names: ['/usr/share/gocode/src/golang.org/x/oauth2'],
    debian: 'golang-golang-x-oauth2-dev',
  },
  'requests-oauthlib': {
    names: ['/usr/lib/python3/dist-packages/requests_oauthlib'],
    debian: 'python3-requests-oauthlib',
  },
  gunicorn: { names: ['gunicorn'], debian: 'gunicorn' },
  'django-oauth-toolkit': {
    names: ['/usr/lib/python3/dist-packages/oauth2_provider'],
    debian: 'python3-django-oauth-toolkit',
  },
  authlib: { names: ['/usr/lib/python3/dist-packages/authlib'], debian: 'python3-authlib' },
  'ruby-oauth2': { names: ['/usr/lib/ruby/vendor_ruby/oauth2.rb'], debian: 'ruby-oauth2' },
} as const;

export type Tool = keyof typeof TOOLS;

/** WebKitGTK's browser is next to its library and not in PATH. */
const EXTRA_FOLDERS = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1`);

/** Returns the path of a tool, or undefined if it is not installed. */
export function findTool(tool: Tool): string | undefined {
  // biome-ignore lint/style/noProcessEnv: PATH says where programs are
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...EXTRA_FOLDERS];
  return TOOLS[tool].names
    .flatMap((name) => folders.map((folder) => path.resolve(folder, name)))
    .find((file) => existsSync(file));
}

/** Returns why tests that need this tool are skipped, or undefined if they run. */
export const explainMissingTool = (tool: Tool): string | undefined =>
  findTool(tool) === undefined
    ? `${tool} is not installed (Debian: apt-get install ${TOOLS[tool].debian})`
    : undefined;
