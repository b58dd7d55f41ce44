/** Scripts of the scientist's code worker. They run code that a person typed, so they get a policy of their own. */
const runnerPrefix = '/runner/';

/** The engine's worker, in which tfjs runs what scientists ask for. */
const enginePrefix = '/engine/';

/** Vite writes a hash of the content into these names, so that they never change. */
const hashedPattern = /^\/(?:assets|runner|engine)\/.+-[\w-]{8,}\.\w+$/;

const everywhere: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // With the one above it isolates the pages: only then may the engine's worker have threads.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const permissions = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
];

/** The one permission that pages use is writing to the clipboard (the invite's copy button); it is on by default. */
const permissionsPolicy = permissions.map((name) => `${name}=()`).join(', ');

/** For answers that are no page: nothing in them may do anything. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/**
 * The worker that runs the scientist's program: `eval` is what it is for, so it may reach nothing but its own modules.
 * A worker is governed by the policy of its own response, not by the page's.
 */
export const runnerPolicy =
  "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'none'";

/**
 * The engine's worker: everything that it needs is in its file, its WebAssembly and the text of its threads included. It loads
 * and sends nothing, and its threads are under the same policy.
 */
export const enginePolicy =
  "default-src 'none'; script-src 'wasm-unsafe-eval'; worker-src blob:; connect-src 'none'";

/** `host` must have been checked: it becomes part of a header. */
export function pagePolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    // Not every browser takes 'self' to cover WebSockets of the same host.
    `connect-src 'self' ws://${host} wss://${host}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

export interface HeaderContext {
  /** Host and port under which the page was asked for. */
  readonly host: string;
  /** Is the installation known to be reached over https for good? Then browsers may hold on to that. */
  readonly isPublicHttps: boolean;
}

/** The headers of one served file. */
export function fileHeaders(path: string, context: HeaderContext): Record<string, string> {
  return {
    ...commonHeaders(context),
    'Content-Security-Policy': policyOf(path, context.host),
    'Permissions-Policy': permissionsPolicy,
    'Cache-Control': cacheControl(path),
  };
}

function policyOf(path: string, host: string): string {
  if (path.startsWith(runnerPrefix)) return runnerPolicy;
  return path.startsWith(enginePrefix) ? enginePolicy : pagePolicy(host);
}

/** The headers of an answer that is no file: an error, a redirect, the configuration. */
export function answerHeaders(
  context: Pick<HeaderContext, 'isPublicHttps'>,
): Record<string, string> {
  return {
    ...commonHeaders(context),
    'Content-Security-Policy': inertPolicy,
    'Cache-Control': 'no-store',
  };
}

function commonHeaders({ isPublicHttps }: Pick<HeaderContext, 'isPublicHttps'>) {
  return isPublicHttps
    ? { ...everywhere, 'Strict-Transport-Security': 'max-age=31536000' }
    : everywhere;
}

function cacheControl(path: string): string {
  if (hashedPattern.test(path)) return 'public, max-age=31536000, immutable';
  return path.endsWith('.html') ? 'no-store' : 'no-cache';
}
