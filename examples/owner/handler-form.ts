import type { HandlerOptions, OwnerDuet, PublishedDataSet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { checkedValues, fieldNumber, fieldText } from '../shared/forms';
import { LightElement } from '../shared/light-element';
import { errorWords } from '../shared/words';
import { followDuet } from './follow-duet';

/** The form for a new handler, which says what an accepting one would give away. Fires `added`. */
export class HandlerForm extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #accepts = false;
  #quota = '100';
  #problem = '';

  constructor() {
    super();
    followDuet(this, 'store');
  }

  /** Tags of what is published; those of a data set count for its fields. */
  get #tags(): readonly string[] {
    const { store } = this.duet;
    const objects = store
      .table()
      .filter(({ of }) => of === 'owner')
      .map(({ id }) => store.get(id));
    const tags = objects.flatMap((object) => [...object.tags, ...(setOf(object)?.tags ?? [])]);
    return [...new Set(tags)];
  }

  protected override render(): TemplateResult {
    return html`<form class="panel-body" @submit=${this.#add} data-testid="handler-form">
      <fieldset class="row">
        <legend>What it does with requests</legend>
        ${this.#action('deny', 'denies')} ${this.#action('accept', 'accepts')}
      </fieldset>
      <div class="fields">
        <label class="field">
          <span>Only requests of this name (empty: of any)</span>
          <input type="text" name="name" maxlength="64" autocomplete="off" data-testid="handler-name" />
        </label>
        <label class="field">
          <span>For how many seconds (empty: until you remove it)</span>
          <input type="number" name="timeoutSecs" min="1" max="604800" value="600" data-testid="handler-timeout" />
        </label>
        ${this.#accepts ? this.#quotaField() : nothing}
      </div>
      ${this.#tagBoxes()}
      <div class="row">
        <label class="check">
          <input type="checkbox" name="printLocal" data-testid="handler-print" /> Show the value in this tab
        </label>
        <label class="check">
          <input type="checkbox" name="logLocal" data-testid="handler-log" /> Keep the value in the local log
        </label>
      </div>
      ${
        this.#accepts
          ? html`<p class="notice warn" data-testid="handler-warning">
            This handler releases any value computed from data with these tags, single records included, up to
            ${this.#quota || '…'} numbers, without asking you. A name only narrows it: the scientist writes the names.
          </p>`
          : nothing
      }
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="handler-error">${this.#problem}</p>`
      }
      <div><button class=${this.#accepts ? 'danger' : ''} data-testid="handler-add">Add this handler</button></div>
    </form>`;
  }

  #action(action: 'accept' | 'deny', words: string): TemplateResult {
    return html`<label class="check">
      <input
        type="radio"
        name="action"
        value=${action}
        .checked=${this.#accepts === (action === 'accept')}
        data-testid="handler-${action}"
        @change=${() => this.#setAccepts(action === 'accept')}
      />
      ${words}
    </label>`;
  }

  #quotaField(): TemplateResult {
    return html`<label class="field">
      <span>Numbers that it may release in all</span>
      <input
        type="number"
        name="elementQuota"
        min="0"
        step="1"
        required
        .value=${this.#quota}
        data-testid="handler-quota-field"
        @input=${this.#setQuota}
      />
    </label>`;
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
              <input type="checkbox" name="tags" value=${tag} data-testid="handler-tag" /> <span class="tag">${tag}</span>
            </label>`,
            )
      }
    </fieldset>`;
  }

  #setAccepts(accepts: boolean): void {
    this.#accepts = accepts;
    this.requestUpdate();
  }

  #setQuota(event: Event & { readonly currentTarget: HTMLInputElement }): void {
    this.#quota = event.currentTarget.value;
    this.requestUpdate();
  }

  #add(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const form = event.currentTarget;
    this.#problem = '';
    try {
      const options = optionsOf(form, this.#accepts);
      if (this.#accepts && options.tags === undefined) {
        throw new Error('Choose at least one tag: an accepting handler is for some of your data.');
      }
      this.duet.requests.addHandler(options);
      form.reset();
      this.#accepts = false;
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

function optionsOf(form: HTMLFormElement, accepts: boolean): HandlerOptions {
  const tags = checkedValues(form, 'tags');
  return {
    action: accepts ? 'accept' : 'deny',
    name: fieldText(form, 'name') || undefined,
    tags: tags.length === 0 ? undefined : tags,
    timeoutSecs: fieldNumber(form, 'timeoutSecs'),
    printLocal: fieldText(form, 'printLocal') !== '',
    logLocal: fieldText(form, 'logLocal') !== '',
    ...(accepts && { release: 'records', elementQuota: fieldNumber(form, 'elementQuota') }),
  };
}

customElements.define('duet-handler-form', HandlerForm);
