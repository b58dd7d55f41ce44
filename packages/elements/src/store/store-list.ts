import { type OwnerDuet, type PublishedDataSet, type StoreItem, visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { count, errorWords, shapeWords } from '../base/words';
import { readCsv } from '../files/csv';
import { fieldsFrom, takesCsv } from '../files/csv-rows';
import { recordWords } from '../requests/request-words';
import { accessOptions, pointableOf } from './access';

/** What is published, data sets as a whole; who may see it; new values for it, and its end. */
export class StoreList extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';
  #done = '';

  constructor() {
    super();
    followDuet(this, 'store', 'peer');
  }

  get #items(): readonly StoreItem[] {
    const { store } = this.duet;
    const own = store.table().filter(({ of }) => of === 'owner');
    return [...new Set(own.map(({ id }) => wholeOf(store.get(id))))];
  }

  protected override render(): TemplateResult {
    const items = this.#items;
    return html`<h3 id="published-title">Published</h3>
      ${
        items.length === 0
          ? html`<p class="empty" data-testid="published-empty">
            Nothing yet. What you publish can be computed on by the scientist you admit, and seen by nobody.
          </p>`
          : html`<ul class="items" aria-labelledby="published-title" data-testid="published">
            ${repeat(
              items,
              ({ id }) => id,
              (item) => this.#row(item),
            )}
          </ul>`
      }
      <div role="status">
        ${this.#done === '' ? nothing : html`<p class="notice good" data-testid="published-done">${this.#done}</p>`}
      </div>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="published-error">${this.#problem}</p>`
      }`;
  }

  #row(item: StoreItem): TemplateResult {
    const { id, tags } = item;
    const name = nameOf(item);
    return html`<li class="item" data-testid="published-item" data-id=${id}>
      <div class="grow">
        <strong>${name}</strong> <span class="soft small">${id}</span>
        ${this.#isKept(id) ? html`<span class="badge good" data-testid="published-kept">kept in this browser</span>` : nothing}
        <div class="small mono">${shapesOf(item)}</div>
        <div class="small soft" data-testid="published-records">${recordsOf(item)}</div>
        ${tags.map((tag) => html`<bdi class="tag">${visibleText(tag)}</bdi> `)}
      </div>
      <label class="check small">
        For
        <select data-testid="published-access" aria-label="Who may see and use ${name}" @change=${(event: Event) => this.#setAccess(id, event)}>
          ${accessOptions(this.duet, item.pointable)}
        </select>
      </label>
      <div class="actions">
        ${takesCsv(item) ? html`${this.#file(item, 'extend', 'Add rows…')} ${this.#file(item, 'replace', 'Replace…')}` : nothing}
        ${this.duet.audit.lasting ? this.#keeper(id, name) : nothing}
        <button
          type="button"
          class="small danger"
          data-testid="published-remove"
          aria-label="Take back ${name}"
          @click=${() => this.#try(() => this.duet.store.remove(id))}
        >
          Take back
        </button>
      </div>
    </li>`;
  }

  #keeper(id: string, name: string): TemplateResult {
    const { store } = this.duet;
    const isKept = this.#isKept(id);
    return html`<button
      type="button"
      class="small"
      data-testid="published-keep"
      aria-label=${isKept ? `Keep ${name} no longer in this browser` : `Keep ${name} in this browser`}
      aria-pressed=${isKept}
      @click=${() => this.#try(() => (isKept ? store.unkeep(id) : store.keep(id)))}
    >
      ${isKept ? 'Keep no longer' : 'Keep'}
    </button>`;
  }

  #isKept(id: string): boolean {
    return this.duet.store.kept().some((each) => each.id === id);
  }

  #file(item: PublishedDataSet, how: 'extend' | 'replace', words: string): TemplateResult {
    return html`<label class="button small file">
      ${words}
      <input
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        aria-label="${words} ${nameOf(item)}"
        data-testid="published-${how}"
        @change=${(event: Event) => this.#follow(item, how, event)}
      />
    </label>`;
  }

  #setAccess(id: string, event: Event): void {
    const { value } = event.currentTarget as HTMLSelectElement;
    const pointable = pointableOf(value);
    if (pointable !== undefined) {
      void this.#try(() => this.duet.store.setAccess(id, { pointable }));
    }
  }

  #follow(item: PublishedDataSet, how: 'extend' | 'replace', event: Event): void {
    const input = event.currentTarget as HTMLInputElement;
    const [file] = input.files ?? [];
    if (!file) return;
    void this.#try(async () => {
      const { fields, rows, dispose } = fieldsFrom(item, await readCsv(file));
      try {
        const made = await this.duet.store[how](item.id, fields);
        const did = how === 'extend' ? 'added to' : 'now in the place of';
        this.#done = `${count(rows, 'row')} ${did} ${nameOf(item)}, which is ${made.id} from now on.`;
      } finally {
        dispose();
      }
    });
    // The same file may be chosen once more.
    input.value = '';
  }

  async #try(action: () => void | Promise<void>): Promise<void> {
    this.#problem = '';
    this.#done = '';
    try {
      await action();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

function wholeOf(item: StoreItem): StoreItem {
  return 'fields' in item ? item : (item.dataSet ?? item);
}

function nameOf(item: StoreItem): string {
  return visibleText(('fields' in item ? item.name : '') || item.tags[0] || item.id);
}

function shapesOf(item: StoreItem): string {
  const tensors = 'fields' in item ? [...item.fields] : [['', item] as const];
  return tensors
    .map(([field, { value }]) => {
      const shape = `${value.meta.dtype} ${shapeWords(value.meta.shape)}`;
      return field === '' ? shape : `${field}: ${shape}`;
    })
    .join(' · ');
}

/** Records, persons and parts, as scientists are told, and what handlers may not go below. */
function recordsOf(item: StoreItem): string {
  const axis = 'fields' in item ? item.axis : item.fact.axis;
  if (!axis) return 'One value, which is no record of many';
  const splits = 'fields' in item ? item.splits : [];
  return [
    recordWords(axis),
    ...splits.map(({ name, from, to }) => `${visibleText(name)} ${from}–${to}`),
    `handlers sum ${axis.minRecords} or more`,
  ].join(' · ');
}

customElements.define('duet-store-list', StoreList);
