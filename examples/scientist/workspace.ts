import { count, elapsedWords, every, Following, saveFile } from '@duet/elements';
import type { Connection, KeptRow } from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { CodeRunner } from './code-runner';
import * as program from './program-text';
import { ReceiptBook } from './receipt-book';
import { activityBadges, type Ending, type Phase, phaseBadge } from './run-words';
import type { Activity, CatalogueEntry, FromRunner, OwnEntries } from './runner-messages';
import { samples } from './samples';
import { sessionNews } from './session-news';
import './catalogue-panel';
import './code-editor';
import './kept-list';
import './output-list';

const idle: Activity = { waiting: 0, getting: 0, objects: 0 };
/** Nothing is known of it yet. */
const untold: OwnEntries = { entries: [], total: 0 };

/** The owner's catalogue, a program, and what comes of it. Editor and output outlive the connection. */
export class Workspace extends LightElement {
  static override readonly properties = {
    connection: { attribute: false },
    resumed: { attribute: false },
  };
  /** Undefined once it is closed. */
  declare connection: Connection | undefined;
  /** Was there a session before this page was loaded, with which it goes on? */
  declare resumed: boolean;
  #runner: CodeRunner | undefined;
  #phase: Phase = 'off';
  #why = '';
  #entries: readonly CatalogueEntry[] = [];
  #mine = untold;
  /** How much was there after the reload, once that is told. */
  #resumedWith: number | undefined;
  #kept: readonly KeptRow[] = [];
  #gone: number | undefined;
  readonly #receipts = new ReceiptBook();
  #activity: Activity = idle;
  #startedAt = 0;
  #elapsedMs = 0;
  #ending: Ending | undefined;
  #failedLine: number | undefined;

  constructor() {
    super();
    this.resumed = false;
    // For the time that a run takes.
    new Following(this, (changed) =>
      every(200)(() => {
        if (this.#phase === 'running') changed();
      }),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('pagehide', this.#keepProgram);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('pagehide', this.#keepProgram);
    this.#runner?.close();
  }

  readonly #keepProgram = (): void => {
    const code = this.#editor?.code;
    if (code !== undefined) program.keep(code);
  };

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('connection')) return;
    // What waits in a running program has ended with the connection, and the program with that: it may say so.
    if (!this.connection && this.#phase === 'running') return;
    if (this.#phase === 'running') this.#end('stopped', undefined);
    this.#runner?.close();
    this.#activity = idle;
    this.#mine = untold;
    this.#kept = [];
    this.#resumedWith = undefined;
    this.#gone = undefined;
    this.#runner =
      this.connection && new CodeRunner(this.connection, (message) => this.#take(message));
    this.#phase = this.connection ? 'starting' : 'off';
  }

  protected override firstUpdated(): void {
    const editor = this.#editor;
    if (editor) editor.code = program.kept() ?? samples[0].code;
  }

  get #editor() {
    return this.querySelector('duet-code-editor');
  }

  get #output() {
    return this.querySelector('duet-output-list');
  }

  protected override render(): TemplateResult {
    const isRunning = this.#phase === 'running';
    return html`${sessionNews({ resumed: this.#resumedWith, gone: this.#gone }, () => this.#forgetNews())}
      <duet-catalogue-panel .entries=${this.#entries} .mine=${this.#mine} .told=${this.#mine !== untold}></duet-catalogue-panel>
      <duet-kept-list
        .rows=${this.#kept}
        .disabled=${this.#phase === 'off' || this.#phase === 'starting'}
        @collect=${(event: CustomEvent<number>) => this.#runner?.collect(event.detail)}
        @forget=${(event: CustomEvent<number>) => this.#runner?.forget(event.detail)}
      ></duet-kept-list>
      <section class="panel" aria-labelledby="program-title" data-testid="program-panel">
        <div class="panel-head">
          <h2 id="program-title">Program</h2>
          <span class="soft small"><code>duet</code>, <code>tf</code>, <code>Module</code>, <code>nn</code> and <code>console</code> are there; <code>await</code> works.</span>
        </div>
        <div class="row">
          <label class="check small">
            Sample
            <select data-testid="sample-program" @change=${this.#openSample}>
              ${samples.map(({ key, words }) => html`<option value=${key}>${words}</option>`)}
            </select>
          </label>
        </div>
        <div class="editor-frame"><duet-code-editor data-testid="editor" @run=${this.#run}></duet-code-editor></div>
        <div class="row">
          <button type="button" class="primary" data-testid="run" ?disabled=${this.#phase !== 'ready'} @click=${this.#run}>
            Run
          </button>
          <button type="button" data-testid="stop" ?disabled=${!isRunning} @click=${this.#stop}>Stop</button>
          <span class="soft small">Ctrl+Enter or ⌘+Enter runs it</span>
          <span class="grow"></span>
          <button type="button" class="small" data-testid="clear-output" @click=${() => this.#output?.clear()}>
            Clear output
          </button>
        </div>
        ${this.#state()}
        <duet-output-list></duet-output-list>
        ${this.#receiptsLine()}
      </section>`;
  }

  #forgetNews(): void {
    this.#resumedWith = undefined;
    this.#gone = undefined;
    this.requestUpdate();
  }

  #state(): TemplateResult {
    const drop = this.#phase === 'ready' ? () => this.#startAnew() : undefined;
    return html`<div class="row">
        <span role="status" data-testid="run-state" data-state=${this.#ending ?? this.#phase}>${phaseBadge(this.#phase, this.#ending)}</span>
        ${this.#elapsed()} ${activityBadges(this.#activity, drop)}
      </div>
      ${this.#failedLine === undefined ? nothing : this.#lineButton(this.#failedLine)}
      ${
        this.#phase === 'unusable'
          ? html`<p class="notice bad" role="alert" data-testid="runner-error">${this.#why}</p>`
          : nothing
      }`;
  }

  #elapsed(): TemplateResult | typeof nothing {
    const isRunning = this.#phase === 'running';
    if (!isRunning && this.#ending === undefined) return nothing;
    const ms = isRunning ? performance.now() - this.#startedAt : this.#elapsedMs;
    return html`<span class="soft small countdown" data-testid="elapsed">${elapsedWords(ms)}</span>`;
  }

  /** The owner's signed word on each release, of all sessions with this owner. */
  #receiptsLine(): TemplateResult | typeof nothing {
    const { length } = this.#receipts;
    if (length === 0) return nothing;
    return html`<div class="row">
      <span class="soft small grow" data-testid="receipts">
        ${count(length, 'receipt')}: the owner’s signed word on what was released to you, each checked as it came.
      </span>
      <button type="button" class="small" data-testid="receipts-export" @click=${this.#saveReceipts}>
        Save as a file
      </button>
    </div>`;
  }

  #saveReceipts(): void {
    saveFile('duet-receipts.jsonl', this.#receipts.text());
  }

  #lineButton(line: number): TemplateResult {
    return html`<div>
      <button type="button" class="small danger" data-testid="failed-line" @click=${() => this.#editor?.goToLine(line)}>
        It failed in line ${line}
      </button>
    </div>`;
  }

  #take(message: FromRunner): void {
    switch (message.kind) {
      case 'ready':
        this.#phase = 'ready';
        break;
      case 'unusable':
        this.#phase = 'unusable';
        this.#why = message.why;
        break;
      case 'catalogue':
        this.#entries = message.entries;
        break;
      case 'mine':
        // The first word after a reload: what comes later was made since.
        if (this.resumed && this.#mine === untold) this.#resumedWith = message.mine.total;
        this.#mine = message.mine;
        break;
      case 'renewed':
        this.#gone = (this.#gone ?? 0) + message.gone;
        break;
      case 'kept':
        this.#kept = message.rows;
        break;
      case 'receipts':
        this.#receipts.take(message.text);
        break;
      case 'activity':
        this.#activity = message.activity;
        break;
      case 'output':
        this.#output?.add(message.outputs);
        break;
      case 'ended':
        if (message.failed) this.#end('failed', message.line ?? this.#editor?.syntaxProblemLine());
        else this.#end('done', undefined);
        if (this.connection) this.#phase = 'ready';
        else this.#leave();
        break;
    }
    this.requestUpdate();
  }

  #run(): void {
    const code = this.#editor?.code;
    if (this.#phase !== 'ready' || code === undefined) return;
    this.#output?.clear();
    this.#phase = 'running';
    this.#startedAt = performance.now();
    this.#ending = undefined;
    this.#failedLine = undefined;
    this.#runner?.run(code);
    this.requestUpdate();
  }

  #stop(): void {
    if (this.#phase !== 'running') return;
    this.#end('stopped', undefined);
    if (this.connection) this.#startAnew();
    else this.#leave();
  }

  /** Without a connection there is nothing to run. */
  #leave(): void {
    this.#runner?.close();
    this.#runner = undefined;
    this.#activity = idle;
    this.#phase = 'off';
    this.requestUpdate();
  }

  /** A fresh worker and session: what programs have left at the owner's is dropped there. */
  #startAnew(): void {
    this.#activity = idle;
    this.#mine = untold;
    this.#resumedWith = undefined;
    this.#phase = 'starting';
    this.#runner?.stop();
    this.requestUpdate();
  }

  #end(ending: Ending, line: number | undefined): void {
    this.#ending = ending;
    this.#elapsedMs = performance.now() - this.#startedAt;
    this.#failedLine = line;
  }

  #openSample(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    const editor = this.#editor;
    const sample = samples.find(({ key }) => key === event.currentTarget.value);
    if (editor && sample) editor.code = sample.code;
  }
}

customElements.define('duet-workspace', Workspace);
