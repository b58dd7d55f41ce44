import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { systemClock } from './clock';
import { FlagError, type Flags, parseFlags, usage } from './flags';
import { errorCode } from './listen';
import { createLog, type LogFormat } from './log';
import type { SignalingServerOptions } from './options';
import { createSignalingServer, type SignalingServer } from './server';

/** A taken port is common; twenty taken in a row are a misunderstanding. */
const portAttempts = 20;

export interface CommandOptions {
  /** The folder with the built pages. */
  readonly staticDir?: string;
  /** Overrides for those who embed the command: development, tests. */
  readonly server?: Pick<SignalingServerOptions, 'pages' | 'limits'>;
  /** Called when the flags are known to be good, before the server starts. */
  readonly prepare?: () => Promise<void>;
  /** Called when it listens, before anything is printed. */
  readonly onListening?: (server: SignalingServer) => void | Promise<void>;
}

/**
 * Runs the command: reads the flags, starts the server, prints where it is and ends it on SIGINT or SIGTERM. Resolves
 * when it runs, or with the exit code already set.
 */
export async function runCommand(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<SignalingServer | undefined> {
  try {
    const flags = parseFlags(args, process.env);
    if (flags.help || flags.version) {
      process.stdout.write(flags.help ? usage : `${packageJson.version}\n`);
      return undefined;
    }
    await options.prepare?.();
    endOnCrash(flags.log);
    const server = await createSignalingServer(await serverOptions(flags, options));
    endOnSignal(server);
    await options.onListening?.(server);
    process.stdout.write(`${announcement(flags, server)}\n`);
    return server;
  } catch (error) {
    const isUsage = error instanceof FlagError;
    process.stderr.write(`duetjs-signaling: ${explain(error)}${isUsage ? ' (see --help)' : ''}\n`);
    process.exitCode = isUsage ? 2 : 1;
    return undefined;
  }
}

async function serverOptions(
  flags: Flags,
  { staticDir, server }: CommandOptions,
): Promise<SignalingServerOptions> {
  const { publicUrl, tlsCert, tlsKey, metricsPort } = flags;
  const hasPages = staticDir !== undefined && existsSync(join(staticDir, 'owner', 'index.html'));
  return {
    host: flags.host,
    port: flags.port,
    portAttempts,
    ice: flags.ice,
    origins: flags.allowOrigin,
    trustProxy: flags.trustProxy,
    relay: flags.relay,
    log: flags.log,
    limits: flags.limits,
    metricsHost: flags.metricsHost,
    ...(metricsPort === undefined ? {} : { metricsPort }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(hasPages ? { staticDir } : {}),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : {
          tls: {
            cert: await readPem('--tls-cert', tlsCert),
            key: await readPem('--tls-key', tlsKey),
          },
        }),
    ...server,
  };
}

async function readPem(flag: string, file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FlagError(`${flag} "${file}" cannot be read (${errorCode(error) ?? 'unknown'})`);
  });
  if (!text.includes('-----BEGIN ')) throw new FlagError(`${flag} "${file}" is not in PEM`);
  return text;
}

function announcement(flags: Flags, server: SignalingServer): string {
  const lines: string[] = [];
  if (flags.port !== 0 && flags.port !== server.port) {
    lines.push(`Port ${flags.port} is taken; this is on port ${server.port} instead.`, '');
  }
  lines.push(
    server.hasPages
      ? `Duet is ready. The data owner opens:\n\n  ${server.url}/owner/`
      : `Signaling is ready at:\n\n  ${server.url}\n\nThere are no built pages here, so none are served.`,
    '',
  );
  if (server.metricsPort !== undefined) {
    const host = flags.metricsHost.includes(':') ? `[${flags.metricsHost}]` : flags.metricsHost;
    lines.push(`Metrics are at http://${host}:${server.metricsPort}/metrics`, '');
  }
  const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(flags.host);
  const isSecure = flags.tlsCert !== undefined || (flags.publicUrl?.startsWith('https:') ?? false);
  if (!isLoopback && !isSecure) {
    lines.push(
      'Warning: without TLS, browsers on other machines treat these pages as insecure and withhold WebCrypto,',
      'so pairing works on this machine only. Use --tls-cert and --tls-key, or a proxy with TLS and --public-url.',
      '',
    );
  }
  lines.push('Ctrl+C ends it.');
  return lines.join('\n');
}

/** One line about what kept it from starting. */
function explain(error: unknown): string {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return `the port and the ${portAttempts - 1} after it are taken`;
    case 'EACCES':
      return 'this port needs more rights than this user has';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this machine does not have the address that --host names';
    default:
      return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

/**
 * What nobody caught may have left anything half done: it is said, and the process ends, to be started again by whatever
 * watches over it. The error's own text may hold what somebody sent, so that only where it happened is told.
 */
function endOnCrash(format: LogFormat): void {
  const log = createLog({
    format: format === 'off' ? 'text' : format,
    linesPerMinute: 1,
    clock: systemClock,
  });
  const end = (thrown: unknown): void => {
    const { message = '', stack = '' } = thrown instanceof Error ? thrown : {};
    const where =
      stack
        .replace(message, '')
        .split('\n')
        .find((line) => line.startsWith('    at ')) ?? '';
    log('crashed', {
      error: thrown instanceof Error ? thrown.name : typeof thrown,
      where: where.trim(),
    });
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

/**
 * A signal asks the server to close, after which nothing keeps the process. Repeated ones change nothing: npm passes on what
 * the terminal has sent already, and closing takes no longer than its grace.
 */
function endOnSignal(server: SignalingServer): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void server.close());
  }
}
