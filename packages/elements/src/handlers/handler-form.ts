import {
  type HandlerOptions,
  handlerWords,
  type OwnerDuet,
  type PublishedDataSet,
  visibleText,
} from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { errorWords, shortFingerprint } from '../base/words';
import { draftOf, emptyDraft, type HandlerDraft, optionsOf, readDraft } from './handler-draft';
import './dry-run-view';

const scopes = {
  aggregates: 'sums, means and the like over many records',
  metrics: 'those, and single numbers of losses and accuracies',
  records: 'anything, single records included',
} as const;

/** The form for a new handler, which says what it may give away before it is there. Fires `added`. */
export class HandlerForm extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #draft: HandlerDraft = emptyDraft;
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'store', 'peer');
  }

  /** Fills the form, for the owner to look at and to change. */
  async fill(options: HandlerOptions): Promise<void> {
    this.#draft = draftOf(options);
    this.#problem = '';
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector('form')?.scrollIntoView({ block: 'nearest' });
    this.renderRoot.querySelector<HTMLElement>('input:checked')?.focus({ preventScroll: true });
  }

  /** Tags of what is published; those of a data set count for its fields. */
  get #tags(): readonly string[] {
    const { store } = this.duet;
    const objects = store
      .table()
      .filter(({ of }) => of === 'owner')
      .map(({ id }) => store.get(id));
    const tags = objects.flatMap((object) => [...object.tags, ...(setOf(object)?.tags ?? [])]);
    return [...new Set([...tags, ...this.#draft.tags])];
  }

  /** Fingerprints of who is here, with the names that they give themselves. */
  get #people(): ReadonlyMap<string, string> {
    const people = new Map(this.duet.peers.map(({ fingerprint, name }) => [fingerprint, name]));
    const { peer } = this.#draft;
    if (peer !== '' && !people.has(peer)) people.set(peer, '');
    return people;
  }

  protected override render(): TemplateResult {
    const { accepts, printLocal, logLocal } = this.#draft;
    return html`<form class="panel-body" @submit=${this.#add} @input=${this.#read} data-testid="handler-form">
      <fieldset class="row">
        <legend>What it does with requests</legend>
        ${this.#action('deny', 'denies')} ${this.#action('accept', 'accepts')}
      </fieldset>
      ${accepts ? this.#reach() : nothing} ${this.#which()}
      <div class="row">
        <label class="check">
          <input type="checkbox" name="printLocal" .checked=${printLocal} data-testid="handler-print" /> Show the value in
          this tab
        </label>
        <label class="check">
          <input type="checkbox" name="logLocal" .checked=${logLocal} data-testid="handler-log" /> Keep the value in the
          local log
        </label>
      </div>
      <p class="notice ${accepts ? 'warn' : ''}" role="status" data-testid="handler-warning">
        ${visibleText(handlerWords(optionsOf(this.#draft)))}
        ${accepts ? 'It does so without asking you. A name only narrows it: the scientist writes the names.' : nothing}
      </p>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="handler-error">${this.#problem}</p>`
      }
      <div class="actions">
        <button class=${accepts ? 'danger' : ''} data-testid="handler-add">Add this handler</button>
      </div>
      <duet-dry-run-view .duet=${this.duet} .options=${optionsOf(this.#draft)}></duet-dry-run-view>
    </form>`;
  }

  #action(action: 'accept' | 'deny', words: string): TemplateResult {
    return html`<label class="check">
      <input
        type="radio"
        name="action"
        value=${action}
        .checked=${this.#draft.accepts === (action === 'accept')}
        data-testid="handler-${action}"
      />
      ${words}
    </label>`;
  }

  /** How far an accepting one goes. */
  #reach(): TemplateResult {
    const { release, elementQuota, digits, whenUsedUp } = this.#draft;
    const needsQuota = release !== 'aggregates';
    return html`<div class="fields">
        <label class="field wide">
          <span>What it may release</span>
          <select name="release" data-testid="handler-release">
            ${Object.entries(scopes).map(
              ([scope, words]) =>
                html`<option value=${scope} .selected=${scope === release}>${scope}: ${words}</option>`,
            )}
          </select>
        </label>
        ${this.#number('elementQuota', `Numbers that it may release in all${needsQuota ? '' : ' (empty: any)'}`, elementQuota, 'handler-quota-field', needsQuota)}
        <label class="field">
          <span>Digits that are left of each</span>
          <select name="digits" data-testid="handler-digits">
            <option value="" .selected=${digits === ''}>4 for metrics, else all</option>
            <option value="exact" .selected=${digits === 'exact'}>all</option>
            ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(
              (each) =>
                html`<option value=${each} .selected=${digits === String(each)}>${each}</option>`,
            )}
          </select>
        </label>
        <label class="field">
          <span>When that is used up, it</span>
          <select name="whenUsedUp" data-testid="handler-used-up">
            <option value="deny" .selected=${whenUsedUp === 'deny'}>denies</option>
            <option value="ask" .selected=${whenUsedUp === 'ask'}>leaves them to me</option>
          </select>
        </label>
      </div>
      ${this.#window()}`;
  }

  #window(): TemplateResult {
    const { withinSeconds, withinRequests, withinElements } = this.#draft;
    const isUsed = withinSeconds !== '' || withinRequests !== '' || withinElements !== '';
    return html`<details ?open=${isUsed}>
      <summary class="small">No more than so much in a time</summary>
      <div class="fields">
        ${this.#number('withinSeconds', 'In any so many seconds', withinSeconds, 'handler-window-seconds')}
        ${this.#number('withinRequests', 'at most so many requests', withinRequests, 'handler-window-requests')}
        ${this.#number('withinElements', 'and so many numbers', withinElements, 'handler-window-elements')}
      </div>
    </details>`;
  }

  #number(
    name: string,
    words: string,
    value: string,
    testId: string,
    isRequired = false,
  ): TemplateResult {
    return html`<label class="field">
      <span>${words}</span>
      <input type="number" name=${name} min="0" step="1" ?required=${isRequired} .value=${value} data-testid=${testId} />
    </label>`;
  }

  /** Which requests it answers. */
  #which(): TemplateResult {
    const { name, peer, plan, timeoutSecs } = this.#draft;
    const asShown = visibleText(name);
    return html`<div class="fields">
        <label class="field">
          <span>Only requests of this name (empty: of any)</span>
          <input type="text" name="name" maxlength="64" autocomplete="off" .value=${name} data-testid="handler-name" />
          ${asShown === name ? nothing : html`<span class="small">There is more in it than meets the eye: <bdi class="tag">${asShown}</bdi></span>`}
        </label>
        <label class="field">
          <span>Only requests of this scientist</span>
          <select name="peer" data-testid="handler-peer">
            <option value="" .selected=${peer === ''}>of anyone</option>
            ${[...this.#people].map(
              ([fingerprint, called]) =>
                html`<option value=${fingerprint} .selected=${fingerprint === peer}>
                  ${shortFingerprint(fingerprint)}${called === '' ? '' : `, calls themselves \u2068${visibleText(called)}\u2069`}
                </option>`,
            )}
          </select>
        </label>
        <label class="field">
          <span>For how many seconds (empty: until you remove it)</span>
          <input type="number" name="timeoutSecs" min="1" max="604800" .value=${timeoutSecs} data-testid="handler-timeout" />
        </label>
        ${
          plan === ''
            ? nothing
            : html`<label class="field wide">
              <span>Only values of the plan with this hash (empty: of any)</span>
              <input type="text" class="mono" name="plan" maxlength="64" autocomplete="off" .value=${plan} data-testid="handler-plan" />
            </label>`
        }
      </div>
      ${this.#tagBoxes()}`;
  }

  #tagBoxes(): TemplateResult {
    const tags = this.#tags;
    return html`<fieldset class="row">
      <legend>Only values whose every source has these tags of yours</legend>
      ${
        tags.length === 0
          ? html`<span class="soft">You have published nothing with a tag.</span>`
          : tags.map(
              (tag) => html`<label class="check">
              <input
                type="checkbox"
                name="tags"
                value=${tag}
                .checked=${this.#draft.tags.includes(tag)}
                data-testid="handler-tag"
              />
              <span class="tag">${tag}</span>
            </label>`,
            )
      }
    </fieldset>`;
  }

  #read(event: Event & { readonly currentTarget: HTMLFormElement }): void {
    this.#draft = readDraft(event.currentTarget, this.#draft);
    this.requestUpdate();
  }

  #add(event: SubmitEvent): void {
    event.preventDefault();
    this.#problem = '';
    try {
      this.duet.requests.addHandler(optionsOf(this.#draft));
      this.#draft = emptyDraft;
      this.dispatchEvent(new CustomEvent('added'));
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function setOf(object: ReturnType<OwnerDuet['store']['get']>): PublishedDataSet | undefined {
  return 'dataSet' in object ? object.dataSet : undefined;
}

customElements.define('duet-handler-form', HandlerForm);

declare global {
  interface HTMLElementTagNameMap {
    'duet-handler-form': HandlerForm;
  }
}
