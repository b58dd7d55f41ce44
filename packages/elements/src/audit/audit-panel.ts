import { type AuditEntry, type AuditReport, type OwnerDuet, verifyAudit } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { Following } from '../base/following';
import { saveFile } from '../base/save-file';
import { count, errorWords, shortFingerprint } from '../base/words';
import { auditKinds, entryWords, reportWords } from './audit-words';
import '../base/copy-button';

/** Entries shown at first, and how many more each time. */
const pageSize = 100;
/** Entries come in bursts; the table is read again so long after the first of one. */
const settleMs = 300;

/** What was asked, decided and released: to look at, to check, to keep elsewhere. Read from the disk while it is open. */
export class AuditPanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #isOpen = false;
  #kind: AuditEntry['kind'] | '' = '';
  #peer = '';
  #limit = pageSize;
  #entries: readonly AuditEntry[] = [];
  #people: readonly string[] = [];
  #report: AuditReport | undefined;
  #asksWipe = false;
  #problem = '';

  constructor() {
    super();
    new Following(this, () => {
      const { duet } = this;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const written = () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          this.requestUpdate();
          if (this.#isOpen) void this.#read();
        }, settleMs);
      };
      duet.on('audit', written);
      return () => {
        clearTimeout(timer);
        duet.off('audit', written);
      };
    });
  }

  protected override render(): TemplateResult {
    const { head, lasting } = this.duet.audit;
    return html`<section class="panel" aria-labelledby="audit-title" data-testid="audit-panel">
      <div class="panel-head">
        <h2 id="audit-title">Audit</h2>
        <span class="soft small">What was asked, decided and released. No value is in it.</span>
      </div>
      ${
        lasting
          ? nothing
          : html`<p class="notice warn" data-testid="audit-fleeting">
            It is kept only as long as this page is open: this browser stores nothing, or this tab goes on apart from
            another.
          </p>`
      }
      <div class="row">
        <span class="grow small">
          <span data-testid="audit-length">${count(head.n, 'entry', 'entries')}</span>, which
          <code title=${head.head} data-testid="audit-head">${head.head.slice(0, 16)}</code> stands for: keep it elsewhere,
          and nobody can change them unseen.
        </span>
        <duet-copy-button label="Copy" .testId=${'audit-copy'} .text=${`${head.n} ${head.head}`}></duet-copy-button>
      </div>
      <div class="row">
        <button type="button" class="small" data-testid="audit-verify" @click=${this.#verify}>Check it</button>
        <button type="button" class="small" data-testid="audit-export" @click=${this.#export}>Save it as a file</button>
        <span class="grow"></span>
        ${this.#wipe()}
      </div>
      <div role="status">${this.#report ? this.#reportNotice(this.#report) : nothing}</div>
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert" data-testid="audit-error">${this.#problem}</p>`}
      <details @toggle=${this.#toggle}>
        <summary data-testid="audit-open">Entries</summary>
        ${this.#isOpen ? this.#table() : nothing}
      </details>
    </section>`;
  }

  #wipe(): TemplateResult {
    if (!this.#asksWipe) {
      return html`<button type="button" class="small danger" data-testid="audit-wipe" @click=${() => this.#askWipe(true)}>
        Forget all…
      </button>`;
    }
    return html`<span class="small" role="alert">Forget all entries, and what scientists’ histories hold?</span>
      <button type="button" class="small danger" data-testid="audit-wipe-yes" @click=${this.#wipeAll}>Forget them</button>
      <button type="button" class="small" data-testid="audit-wipe-no" @click=${() => this.#askWipe(false)}>Keep them</button>`;
  }

  #reportNotice(report: AuditReport): TemplateResult {
    return html`<p class="notice ${report.ok ? 'good' : 'bad'}" data-testid="audit-report" data-ok=${report.ok}>
      ${reportWords(report)}
    </p>`;
  }

  #table(): TemplateResult {
    return html`<div class="panel-body">
      <div class="row">
        <label class="check small">
          Show
          <select data-testid="audit-kind" @change=${this.#setKind}>
            <option value="">everything</option>
            ${Object.entries(auditKinds).map(([kind, words]) => html`<option value=${kind}>${words}</option>`)}
          </select>
        </label>
        <label class="check small">
          of
          <select data-testid="audit-peer" @change=${this.#setPeer}>
            <option value="">everyone</option>
            ${this.#people.map((peer) => html`<option value=${peer}>${shortFingerprint(peer)}</option>`)}
          </select>
        </label>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Entries of the audit">
        <table data-testid="audit-entries">
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">When</th>
              <th scope="col">Kind</th>
              <th scope="col">Scientist</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            ${this.#entries.map(rowOf).reverse()}
          </tbody>
        </table>
      </div>
      ${
        this.#entries.length < this.#limit
          ? nothing
          : html`<div>
            <button type="button" class="small" data-testid="audit-more" @click=${this.#showMore}>Show more</button>
          </div>`
      }
    </div>`;
  }

  #toggle(event: Event & { readonly currentTarget: HTMLDetailsElement }): void {
    this.#isOpen = event.currentTarget.open;
    this.requestUpdate();
    if (this.#isOpen) void this.#read();
  }

  #setKind(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    this.#kind = event.currentTarget.value as AuditEntry['kind'] | '';
    this.#limit = pageSize;
    void this.#read();
  }

  #setPeer(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    this.#peer = event.currentTarget.value;
    this.#limit = pageSize;
    void this.#read();
  }

  #showMore(): void {
    this.#limit += pageSize;
    void this.#read();
  }

  #read(): Promise<void> {
    return this.#try(async () => {
      const { audit, peers } = this.duet;
      const histories = await audit.histories();
      const people = [
        ...histories.map(({ peer }) => peer),
        ...peers.map((peer) => peer.fingerprint),
      ];
      this.#people = [...new Set(people)];
      this.#entries = await audit.entries({
        limit: this.#limit,
        ...(this.#kind !== '' && { kind: this.#kind }),
        ...(this.#peer !== '' && { peer: this.#peer }),
      });
    });
  }

  #verify(): Promise<void> {
    return this.#try(async () => {
      const { audit, fingerprint } = this.duet;
      this.#report = await verifyAudit(await audit.export(), { key: fingerprint });
    });
  }

  #export(): Promise<void> {
    return this.#try(async () => saveFile('duet-audit.jsonl', await this.duet.audit.export()));
  }

  #askWipe(asks: boolean): void {
    this.#asksWipe = asks;
    this.requestUpdate();
  }

  #wipeAll(): Promise<void> {
    this.#asksWipe = false;
    this.#report = undefined;
    return this.#try(() => this.duet.audit.wipe());
  }

  async #try(action: () => Promise<void>): Promise<void> {
    this.#problem = '';
    try {
      await action();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function rowOf(entry: AuditEntry): TemplateResult {
  const peer = 'peer' in entry && entry.peer !== undefined ? shortFingerprint(entry.peer) : '';
  return html`<tr data-testid="audit-entry" data-kind=${entry.kind}>
    <td>${entry.n}</td>
    <td>${new Date(entry.at).toLocaleString([], { dateStyle: 'short', timeStyle: 'medium' })}</td>
    <td>${entry.kind}</td>
    <td><code>${peer}</code></td>
    <td class="words">${entryWords(entry)}</td>
  </tr>`;
}

customElements.define('duet-audit-panel', AuditPanel);
