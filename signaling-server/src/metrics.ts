/** Counts for those who run a server, in Prometheus' text format. No label tells rooms, people or addresses apart. */

interface CounterWords {
  readonly help: string;
  /** The one label, and every value that it may have. */
  readonly label?: string;
  readonly values?: readonly string[];
}

const counters = {
  duet_connections_total: { help: 'Connections that were let in.' },
  duet_refused_connections_total: {
    help: 'Connections that were not let in.',
    label: 'why',
    values: ['origin', 'limit', 'rate', 'closing'],
  },
  duet_thrown_out_total: {
    help: 'Connections that were ended.',
    label: 'why',
    values: ['protocol', 'rate', 'slow'],
  },
  duet_opens_total: {
    help: 'Rooms asked for by hosts.',
    label: 'answer',
    values: ['ok', 'id-taken', 'bad-message', 'rate', 'limit'],
  },
  duet_joins_total: {
    help: 'Rooms asked for by guests.',
    label: 'answer',
    values: ['ok', 'invite-expired', 'invite-used', 'room-full', 'bad-message', 'rate', 'limit'],
  },
  duet_signals_total: { help: 'Signals passed on.' },
  duet_signal_bytes_total: { help: 'Bytes of signals passed on.' },
  duet_relayed_frames_total: { help: 'Frames relayed.' },
  duet_relayed_bytes_total: { help: 'Bytes of frames relayed.' },
  duet_relay_pauses_total: { help: 'Times that a connection over its relay rate was paused.' },
  duet_turn_credentials_total: { help: 'Answers with new TURN credentials.' },
} as const satisfies Record<string, CounterWords>;

export type CounterName = keyof typeof counters;

export interface Gauge {
  readonly help: string;
  readonly read: () => number;
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export class Metrics {
  readonly #counts = new Map<string, number>();
  readonly #gauges = new Map<string, Gauge>();

  /** Adds to a counter. `value` is one of its label's; any other is not counted. */
  count(name: CounterName, value?: string, by = 1): void {
    const words: CounterWords = counters[name];
    if (value !== undefined && words.values?.includes(value) !== true) return;
    const series = seriesOf(name, words, value);
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + by);
  }

  /** Adds something that is read whenever the metrics are. */
  gauge(name: string, help: string, read: () => number): void {
    this.#gauges.set(name, { help, read });
  }

  /** All of it, as Prometheus reads it. */
  text(): string {
    const lines: string[] = [];
    for (const [name, words] of Object.entries<CounterWords>(counters)) {
      lines.push(`# HELP ${name} ${words.help}`, `# TYPE ${name} counter`);
      for (const value of words.values ?? [undefined]) {
        const series = seriesOf(name, words, value);
        lines.push(`${series} ${this.#counts.get(series) ?? 0}`);
      }
    }
    for (const [name, { help, read }] of this.#gauges) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${read()}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function seriesOf(name: string, { label }: CounterWords, value: string | undefined): string {
  return value === undefined ? name : `${name}{${label}="${value}"}`;
}
