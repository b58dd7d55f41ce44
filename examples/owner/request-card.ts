import { type OwnerRequest, visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { everySecond, Following } from '../shared/following';
import { LightElement } from '../shared/light-element';
import { quotedWord, quotedWords } from '../shared/peer-text';
import {
  byteWords,
  count,
  errorWords,
  shapeWords,
  shortFingerprint,
  timeLeft,
} from '../shared/words';
import { ArmedWhenStill } from './armed-when-still';
import { previewWords } from './preview';

/** One request that waits: what is asked, by whom, what it would give away, and the two answers. */
export class RequestCard extends LightElement {
  static override readonly properties = { request: { attribute: false } };
  declare request: OwnerRequest;
  readonly #arming = new ArmedWhenStill(this);
  #value = '';
  #problem = '';
  #answering = false;

  constructor() {
    super();
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { request } = this;
    const { id, meta, elements, bytes, name, reason } = request;
    return html`<article class="card pending" aria-labelledby="title-${id}" data-testid="request" data-id=${id}>
      <div class="panel-head">
        <h3 id="title-${id}">Request ${id}: would give away ${count(elements, 'value')}</h3>
        ${this.#expiry()}
      </div>
      ${quotedWords('The scientist calls it', name, 'request-name')}
      ${quotedWords('The scientist’s reason', reason, 'request-reason')}
      <dl class="facts">
        <dt>Who asks</dt>
        <dd>${quotedWord(request.peer.name)} <code>${shortFingerprint(request.peer.fingerprint)}</code></dd>
        <dt>What leaves</dt>
        <dd data-testid="request-what">
          ${meta.dtype} ${shapeWords(meta.shape)}: ${count(elements, 'element')}, ${byteWords(bytes)}
        </dd>
        <dt>From</dt>
        <dd data-testid="request-sources">${this.#sources()}</dd>
        <dt>Computed as</dt>
        <dd data-testid="request-lineage">${request.lineage.sentence}</dd>
      </dl>
      ${this.#plans()} ${this.#preview()} ${this.#answers()}
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="request-error">${this.#problem}</p>`
      }
    </article>`;
  }

  #expiry(): TemplateResult {
    const { secondsLeft } = this.request;
    return secondsLeft === undefined
      ? html`<span class="badge">waits as long as they stay</span>`
      : html`<span class="badge warn" data-testid="request-expiry">
          expires in <span class="countdown">${timeLeft(secondsLeft * 1000)}</span>
        </span>`;
  }

  #sources(): string {
    const { sources } = this.request;
    if (sources.length === 0) return 'nothing that you published';
    return sources
      .map(({ name, records }) =>
        records === undefined ? name : `${name} (${count(records, 'record')})`,
      )
      .join(', ');
  }

  /** What its plans compute, line by line; those that are remembered. */
  #plans(): readonly TemplateResult[] {
    return this.request.lineage.plans.flatMap(({ hash, name, words }) =>
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
    if (this.#value !== '') return html`<pre data-testid="request-preview">${this.#value}</pre>`;
    return html`<div>
      <button type="button" class="small" data-testid="show-value" ?disabled=${this.#answering} @click=${this.#show}>
        Show me the value
      </button>
      <span class="soft small">It stays in this tab.</span>
    </div>`;
  }

  #answers(): TemplateResult {
    const disabled = !this.#arming.isArmed || this.#answering;
    return html`<form class="row low" @submit=${this.#deny}>
      <label class="field grow">
        <span>If you deny: why, which the scientist reads</span>
        <input type="text" name="reason" maxlength="280" autocomplete="off" data-testid="deny-reason" />
      </label>
      <div class="actions">
        <button class="danger" data-testid="deny" ?disabled=${disabled}>Deny</button>
        <button type="button" class="primary" data-testid="accept" ?disabled=${disabled} @click=${this.#accept}>
          Accept: let it leave
        </button>
      </div>
    </form>`;
  }

  async #show(): Promise<void> {
    await this.#try(async () => {
      this.#value = previewWords(await this.request.preview());
    });
  }

  async #accept(event: Event): Promise<void> {
    // A script on the page must not be able to click for the owner.
    if (!event.isTrusted || !this.#arming.isArmed || this.#answering) return;
    this.#answering = true;
    await this.#try(() => this.request.accept());
    this.#answering = false;
  }

  #deny(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    if (!this.#arming.isArmed || this.#answering) return;
    const reason = new FormData(event.currentTarget).get('reason');
    void this.#try(() => this.request.deny(String(reason ?? '').trim()));
  }

  async #try(action: () => void | Promise<void>): Promise<void> {
    this.#problem = '';
    this.requestUpdate();
    try {
      await action();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

customElements.define('duet-request-card', RequestCard);
