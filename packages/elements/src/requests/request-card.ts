import {
  type HandlerOptions,
  isDuetError,
  type LineageWords,
  type OwnerDuet,
  type OwnerRequest,
  visibleText,
  type Warning,
} from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { quotedWord, quotedWords } from '../base/peer-text';
import { previewWords } from '../base/preview';
import { byteWords, count, errorWords, shapeWords, shortFingerprint } from '../base/words';
import { ArmedWhenStill } from './armed-when-still';
import { aboutWords, assuranceWords, classWords, handlerFor, recordWords } from './request-words';
import './countdown-badge';

const noLineage: LineageWords = {
  lastCalls: [],
  ops: [],
  plans: [],
  published: [],
  sent: 0,
  literals: 0,
  theirs: [],
  lines: [],
  incomplete: false,
  sentence: '',
};

/** Those that a wider handler would end. */
const gravest: ReadonlySet<Warning['kind']> = new Set(['failed', 'stale', 'whole-object']);

/**
 * One request that waits: what is asked, by whom, what it would give away, and the answers. Fires `handler-wish` with the
 * options of a handler for such requests.
 */
export class RequestCard extends DuetElement {
  static override readonly properties = {
    duet: { attribute: false },
    request: { attribute: false },
  };
  declare duet: OwnerDuet;
  declare request: OwnerRequest;
  readonly #arming = new ArmedWhenStill(this);
  /** A long program's takes a moment to tell, and never changes. */
  #lineage = noLineage;
  #value = '';
  #problem = '';
  #answering = false;
  #confirmsStale = false;

  constructor() {
    super();
    followDuet(this, 'handlers', 'decision', 'peer');
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('request')) this.#lineage = this.request.lineage;
  }

  /** From here on an accept is of these bytes; and that there are none is said before it is decided. */
  protected override async firstUpdated(): Promise<void> {
    try {
      await this.request.show();
    } catch (error) {
      if (this.request.status === 'pending') this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const { request } = this;
    const { id, elements, name, reason } = request;
    const { tone } = classWords[request.class];
    return html`<article class="card pending" aria-labelledby="title-${id}" data-testid="request" data-id=${id}>
      <div class="panel-head">
        <h3 id="title-${id}">Request ${id}: would give away ${count(elements, 'value')}</h3>
        <span class="badge ${tone}" data-testid="request-class" data-class=${request.class}>${request.class}</span>
        <duet-countdown-badge .request=${request}></duet-countdown-badge>
      </div>
      ${this.#warnings()}
      <div class="quotes">
        ${quotedWords('The scientist calls it', name, 'request-name')}
        ${quotedWords('The scientist’s reason', reason, 'request-reason')}
      </div>
      ${this.#facts()} ${this.#lines()} ${this.#plans()} ${this.#preview()} ${this.#answers()}
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="request-error">${this.#problem}</p>`
      }
    </article>`;
  }

  #warnings(): TemplateResult | typeof nothing {
    const { warnings } = this.request;
    if (warnings.length === 0) return nothing;
    return html`<ul class="warnings" aria-label="Before you accept" data-testid="request-warnings">
      ${warnings.map(
        ({ kind, text }) =>
          html`<li class="notice ${gravest.has(kind) ? 'bad' : 'warn'}" data-testid="request-warning" data-kind=${kind}>
            ${visibleText(text)}
            ${
              kind === 'too-narrow'
                ? html`<button type="button" class="small" data-testid="widen" @click=${this.#wishHandler}>
                  Add a handler that may…
                </button>`
                : nothing
            }
          </li>`,
      )}
    </ul>`;
  }

  #facts(): TemplateResult {
    const { request } = this;
    const { facts, peer, assurance } = request;
    return html`<dl class="facts">
      <dt>Who asks</dt>
      <dd data-testid="request-who">
        ${quotedWord(peer.name)} <code title=${peer.fingerprint}>${shortFingerprint(peer.fingerprint)}</code>
        <span class="soft small">${assuranceWords[assurance]}</span>
      </dd>
      <dt>What leaves</dt>
      <dd data-testid="request-what">
        ${facts.dtype} ${shapeWords(facts.shape)}: ${count(facts.elements, 'element')}, ${byteWords(facts.bytes)}
      </dd>
      <dt>Class</dt>
      <dd data-testid="request-why">
        ${classWords[facts.class].means}
        ${facts.why === '' ? nothing : html`<span class="soft small">(${visibleText(facts.why)})</span>`}
      </dd>
      <dt>About</dt>
      <dd data-testid="request-about">${visibleText(aboutWords(facts))}</dd>
      <dt>From</dt>
      <dd data-testid="request-sources">
        ${
          facts.sources.length === 0
            ? 'nothing that you published'
            : facts.sources
                .map((source) => `${visibleText(source.name)} (${recordWords(source)})`)
                .join(', ')
        }
      </dd>
      <dt>With theirs</dt>
      <dd data-testid="request-theirs">${theirsOf(this.#lineage)}</dd>
      <dt>Computed as</dt>
      <dd data-testid="request-lineage">${visibleText(this.#lineage.sentence)}</dd>
    </dl>`;
  }

  #lines(): TemplateResult | typeof nothing {
    const { lines } = this.#lineage;
    if (lines.length === 0) return nothing;
    return html`<details data-testid="request-lines">
      <summary class="small">The last calls, one by one</summary>
      <pre>${lines.map(visibleText).join('\n')}</pre>
    </details>`;
  }

  /** What its plans compute, line by line; those that are remembered. */
  #plans(): readonly TemplateResult[] {
    return this.#lineage.plans.flatMap(({ hash, name, words }) =>
      words === undefined
        ? []
        : html`<details data-testid="request-plan">
            <summary class="small">
              What plan <code>${hash.slice(0, 8)}</code> ${quotedWord(name)} computes
            </summary>
            <pre>${words.map(visibleText).join('\n')}</pre>
          </details>`,
    );
  }

  #preview(): TemplateResult {
    const isShown = this.#value !== '';
    return html`<div class="row">
        <button
          type="button"
          class="small"
          data-testid="show-value"
          aria-expanded=${isShown}
          ?disabled=${this.#answering}
          @click=${isShown ? this.#hide : this.#show}
        >
          ${isShown ? 'Hide the value' : 'Show me the value'}
        </button>
        <span class="soft small">It stays in this tab.</span>
        <span class="grow"></span>
        <button type="button" class="small" data-testid="make-handler" @click=${this.#wishHandler}>
          Make a handler of it…
        </button>
      </div>
      ${isShown ? html`<pre data-testid="request-preview">${this.#value}</pre>` : nothing}`;
  }

  #answers(): TemplateResult {
    const disabled = !this.#arming.isArmed || this.#answering;
    const { found } = this.request;
    return html`<form class="row low" @submit=${this.#deny}>
        <label class="field grow">
          <span>If you deny: why, which the scientist reads</span>
          <input type="text" name="reason" maxlength="280" autocomplete="off" data-testid="deny-reason" />
        </label>
        <div class="actions">
          <button class="danger" data-testid="deny" ?disabled=${disabled}>Deny</button>
          <button type="button" class="primary" data-testid="accept" ?disabled=${disabled} @click=${this.#accept}>
            ${found === 'failed' ? 'Accept: tell them that it failed' : 'Accept: let it leave'}
          </button>
        </div>
      </form>
      ${this.#confirmsStale ? this.#staleQuestion(disabled) : nothing}`;
  }

  #staleQuestion(disabled: boolean): TemplateResult {
    return html`<div class="notice bad row" role="alert" data-testid="stale-question">
      <span class="grow">The value that you were shown is gone. Accept all the same? They will hear that it is gone, and get nothing.</span>
      <button type="button" class="danger" data-testid="accept-stale" ?disabled=${disabled} @click=${this.#acceptStale}>
        Accept, and tell them so
      </button>
    </div>`;
  }

  async #show(): Promise<void> {
    await this.#try(async () => {
      this.#value = previewWords(await this.request.preview(), this.request.found);
    });
  }

  #hide(): void {
    this.#value = '';
    this.requestUpdate();
  }

  #wishHandler(): void {
    const detail: HandlerOptions = handlerFor(this.request);
    this.dispatchEvent(new CustomEvent('handler-wish', { detail, bubbles: true, composed: true }));
  }

  async #accept(event: Event): Promise<void> {
    // A script on the page must not be able to click for the owner.
    if (!event.isTrusted || !this.#arming.isArmed || this.#answering) return;
    if (this.request.found === 'stale') this.#askWhetherStale();
    else await this.#decide(() => this.request.accept());
  }

  async #acceptStale(event: Event): Promise<void> {
    if (!event.isTrusted || this.#answering) return;
    await this.#decide(() => this.request.accept({ evenStale: true }));
  }

  #askWhetherStale(): void {
    this.#confirmsStale = true;
    this.requestUpdate();
  }

  #deny(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    if (!this.#arming.isArmed || this.#answering) return;
    const reason = new FormData(event.currentTarget).get('reason');
    void this.#try(() => this.request.deny(String(reason ?? '').trim()));
  }

  async #decide(accept: () => Promise<void>): Promise<void> {
    this.#answering = true;
    await this.#try(accept);
    this.#answering = false;
    this.requestUpdate();
  }

  async #try(action: () => void | Promise<void>): Promise<void> {
    this.#problem = '';
    this.requestUpdate();
    try {
      await action();
    } catch (error) {
      if (isDuetError(error, 'stale-grant')) this.#askWhetherStale();
      else this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

/** What the scientist put in, and may have chosen. */
function theirsOf({ sent, theirs, literals }: LineageWords): TemplateResult {
  if (sent + literals === 0) return html`nothing that the scientist put in`;
  const more = sent - theirs.length;
  return html`${
    sent === 0
      ? nothing
      : html`${count(sent, 'value')} that they sent: ${theirs.map((words) => html`${quotedWord(words)} `)}${more > 0 ? `and ${more} more. ` : ''}`
  }
  ${literals === 0 ? nothing : html`${count(literals, 'number or small array', 'numbers or small arrays')} in their calls`}`;
}

customElements.define('duet-request-card', RequestCard);
