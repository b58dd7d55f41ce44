import { parseArgs } from 'node:util';
import { type IceEntry, parseIce } from './ice';
import { defaultServerLimits, type ServerLimits } from './limits';
import { type LogFormat, logFormats } from './log';
import { parseOrigin } from './origins';

export interface Flags {
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly ice: readonly IceEntry[];
  readonly allowOrigin: readonly string[];
  readonly trustProxy: boolean;
  readonly relay: boolean;
  readonly log: LogFormat;
  readonly metricsPort?: number;
  readonly metricsHost: string;
  readonly limits: Partial<ServerLimits>;
  readonly help: boolean;
  readonly version: boolean;
}

/** A flag that cannot be used; the message is one line for the person who typed it. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/** One setting, as a flag and as a variable of the environment. */
export interface Setting {
  /** Without the dashes. */
  readonly name: string;
  /** What follows the flag; a switch has nothing. */
  readonly value?: string;
  /** The variable, which counts where the flag is not given. */
  readonly variable?: string;
  /** What holds without either; empty if that is nothing. */
  readonly default: string;
  readonly isRepeatable?: boolean;
  readonly meaning: string;
}

/** All of them: the command line, `--help` and docs/hosting.md are made of this. */
export const settings = [
  {
    name: 'host',
    value: 'host',
    variable: 'DUET_SIGNALING_HOST',
    default: 'localhost',
    meaning: 'where to listen; localhost means 127.0.0.1 and ::1, 0.0.0.0 or :: every network',
  },
  {
    name: 'port',
    value: 'port',
    variable: 'DUET_SIGNALING_PORT',
    default: '8787',
    meaning: 'the next free one of twenty is taken if it is not free; 0 is any',
  },
  {
    name: 'public-url',
    value: 'origin',
    variable: 'DUET_SIGNALING_PUBLIC_URL',
    default: '',
    meaning: 'how the installation is called from outside, such as https://duet.example',
  },
  {
    name: 'tls-cert',
    value: 'file',
    variable: 'DUET_SIGNALING_TLS_CERT',
    default: '',
    meaning: 'certificate chain in PEM; then --tls-key is needed too',
  },
  {
    name: 'tls-key',
    value: 'file',
    variable: 'DUET_SIGNALING_TLS_KEY',
    default: '',
    meaning: 'its key in PEM',
  },
  {
    name: 'ice',
    value: 'server',
    variable: 'DUET_SIGNALING_ICE',
    default: '',
    isRepeatable: true,
    meaning:
      'a STUN or TURN server for the pages: stun:host[:port], turn:host[:port]?secret=…, or ?user=…&credential=…, with &transport=udp or tcp',
  },
  {
    name: 'allow-origin',
    value: 'origin',
    variable: 'DUET_SIGNALING_ALLOW_ORIGIN',
    default: '',
    isRepeatable: true,
    meaning: 'another site whose pages may use this server',
  },
  {
    name: 'trust-proxy',
    variable: 'DUET_SIGNALING_TRUST_PROXY',
    default: '',
    meaning: 'count rates by X-Forwarded-For; only behind a proxy that writes it',
  },
  {
    name: 'relay',
    value: 'on or off',
    variable: 'DUET_SIGNALING_RELAY',
    default: 'on',
    meaning: 'pass on sealed frames of pairs that find no direct path',
  },
  {
    name: 'log',
    value: 'format',
    variable: 'DUET_SIGNALING_LOG',
    default: 'off',
    meaning: 'lines on stderr about what goes wrong: off, text or json',
  },
  {
    name: 'metrics-port',
    value: 'port',
    variable: 'DUET_SIGNALING_METRICS_PORT',
    default: '',
    meaning: 'serve /metrics for Prometheus there, with /health and /ready; nowhere without it',
  },
  {
    name: 'metrics-host',
    value: 'host',
    variable: 'DUET_SIGNALING_METRICS_HOST',
    default: '127.0.0.1',
    meaning: 'where that port listens',
  },
  {
    name: 'limit',
    value: 'name=number',
    variable: 'DUET_SIGNALING_LIMIT',
    default: '',
    isRepeatable: true,
    meaning: 'another value for one of the limits in docs/limits.md',
  },
  { name: 'help', default: '', meaning: 'this text' },
  { name: 'version', default: '', meaning: 'the version' },
] as const satisfies readonly Setting[];

type SettingName = (typeof settings)[number]['name'];

const allSettings: readonly Setting[] = settings;
const flagOf = ({ name, value }: Setting): string =>
  value === undefined ? `--${name}` : `--${name} <${value}>`;
const widest = Math.max(...allSettings.map((setting) => flagOf(setting).length));

export const usage = `Usage: duetjs-signaling [flags]

Serves the owner's and the scientist's pages, and the signaling through which they find each other.

${allSettings.map(usageLine).join('\n')}

Each flag but the last two can be a variable of the environment instead: DUET_SIGNALING_ and its name, such as
DUET_SIGNALING_PUBLIC_URL. Values of one that may be repeated are apart by spaces; a switch is on or off.
`;

function usageLine(setting: Setting): string {
  const notes = [
    ...(setting.isRepeatable === true ? ['may be repeated'] : []),
    ...(setting.default === '' ? [] : [`default: ${setting.default}`]),
  ];
  const note = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return `  ${flagOf(setting).padEnd(widest)}  ${setting.meaning}${note}`;
}

/** What was given for each setting: by flags, else by the environment. */
type Given = ReadonlyMap<SettingName, readonly string[]>;

/** Reads the command line, and the environment for what it does not say. Throws FlagError. */
export function parseFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Flags {
  const given = read(args, environment);
  const one = (name: SettingName): string | undefined => given.get(name)?.at(-1);
  const or = (name: SettingName): string =>
    one(name) ?? allSettings.find((setting) => setting.name === name)?.default ?? '';
  const many = (name: SettingName): readonly string[] => given.get(name) ?? [];
  const [publicUrl, tlsCert, tlsKey] = [one('public-url'), one('tls-cert'), one('tls-key')];
  const metricsPort = one('metrics-port');
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new FlagError('--tls-cert and --tls-key are needed together');
  }
  return {
    host: checkHost('--host', or('host')),
    port: checkPort('--port', or('port')),
    ...(publicUrl === undefined ? {} : { publicUrl: checkOrigin('--public-url', publicUrl) }),
    ...(tlsCert === undefined ? {} : { tlsCert }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ice: many('ice').map(checkIce),
    allowOrigin: many('allow-origin').map((text) => checkOrigin('--allow-origin', text)),
    trustProxy: checkSwitch('--trust-proxy', one('trust-proxy') ?? 'off'),
    relay: checkSwitch('--relay', or('relay')),
    log: checkLog(or('log')),
    ...(metricsPort === undefined ? {} : { metricsPort: checkPort('--metrics-port', metricsPort) }),
    metricsHost: checkHost('--metrics-host', or('metrics-host')),
    limits: Object.fromEntries(many('limit').map(checkLimit)),
    help: checkSwitch('--help', one('help') ?? 'off'),
    version: checkSwitch('--version', one('version') ?? 'off'),
  };
}

function read(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Given {
  const given = new Map<SettingName, readonly string[]>();
  const values = readArgs(args);
  for (const { name, variable, isRepeatable } of allSettings as readonly NamedSetting[]) {
    const flag = values[name];
    const fromEnvironment = variable === undefined ? undefined : environment[variable]?.trim();
    if (Array.isArray(flag)) given.set(name, flag.map(String));
    else if (flag !== undefined) given.set(name, [flag === true ? 'on' : String(flag)]);
    else if (fromEnvironment !== undefined && fromEnvironment !== '') {
      given.set(name, isRepeatable === true ? fromEnvironment.split(/\s+/) : [fromEnvironment]);
    }
  }
  return given;
}

type NamedSetting = Setting & { readonly name: SettingName };

function readArgs(args: readonly string[]) {
  const options = Object.fromEntries(
    allSettings.map(({ name, value, isRepeatable }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: isRepeatable === true,
      },
    ]),
  );
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: false, options }).values;
  } catch (error) {
    // Node's text goes on with advice about "--"; its first sentence says it all.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/);
    throw new FlagError(first.replace(/\.$/, ''));
  }
}

function checkHost(flag: string, host: string): string {
  const bare = /^\[(.+)\]$/.exec(host)?.[1] ?? host;
  if (!/^[A-Za-z0-9.:%-]+$/.test(bare)) throw new FlagError(`${flag} "${host}" is not a host`);
  return bare;
}

function checkPort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new FlagError(`${flag} "${text}" is not a number from 0 to 65535`);
  return port;
}

function checkOrigin(flag: string, text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) {
    throw new FlagError(`${flag} "${text}" is not an origin such as https://duet.example`);
  }
  return origin;
}

function checkSwitch(flag: string, text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new FlagError(`${flag} "${text}" is not on or off`);
  return text === 'on';
}

function checkLog(text: string): LogFormat {
  const format = logFormats.find((known) => known === text);
  if (format === undefined) throw new FlagError(`--log "${text}" is not ${logFormats.join(', ')}`);
  return format;
}

function checkLimit(text: string): readonly [string, number] {
  const [, name = '', digits = ''] = /^(\w+)=(\d{1,15})$/.exec(text) ?? [];
  if (!Object.hasOwn(defaultServerLimits, name)) {
    throw new FlagError(`--limit "${text}" is not one of the limits with a number`);
  }
  return [name, Number(digits)];
}

function checkIce(text: string): IceEntry {
  try {
    return parseIce(text);
  } catch (error) {
    throw new FlagError(`--ice: ${error instanceof Error ? error.message : String(error)}`);
  }
}
