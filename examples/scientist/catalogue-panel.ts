import { count, quotedWord, quotedWords, shapeWords } from '@duet/elements';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import type { CatalogueEntry, CatalogueField, OwnEntries, OwnEntry } from './runner-messages';

/** How to get hold of an entry in a program: by its name where that is plain, else by its id. */
function codeFor({ id, isDataSet, name, tags, fields }: CatalogueEntry): string {
  const word = name || tags[0] || '';
  const key = /^[\w.-]+$/.test(word) ? word : id;
  if (!isDataSet) return `duet.store.get('${key}')`;
  const plain = fields.map(({ field }) => field).filter((field) => /^[A-Za-z]\w*$/.test(field));
  return `const { ${plain.join(', ')} } = duet.store.dataSet('${key}')`;
}

/** Records, persons and parts. Names of parts are the owner's. */
function recordWords({ fields, persons, splits }: CatalogueEntry): TemplateResult | typeof nothing {
  const records = fields[0]?.records;
  if (records === undefined) return nothing;
  return html`${count(records, 'record')}${persons === undefined ? '' : ` of ${count(persons, 'person')}`}${splits.map(
    ({ name, from, to, persons: theirs }) =>
      html` · ${quotedWord(name)} ${from}–${to}${theirs === undefined ? '' : ` (${count(theirs, 'person')})`}`,
  )}`;
}

/** What the owner has published, every text in it the owner's; and what the scientist has there. */
export class CataloguePanel extends LightElement {
  static override readonly properties = {
    entries: { attribute: false },
    mine: { attribute: false },
    told: { attribute: false },
  };
  declare entries: readonly CatalogueEntry[];
  declare mine: OwnEntries;
  /** Has the owner's side said what there is? */
  declare told: boolean;

  constructor() {
    super();
    this.entries = [];
    this.mine = { entries: [], total: 0 };
    this.told = true;
  }

  protected override render(): TemplateResult {
    const { entries, told } = this;
    return html`<section class="panel" aria-labelledby="catalogue-title" data-testid="catalogue">
      <div class="panel-head">
        <h2 id="catalogue-title">What the owner offers</h2>
        <span class="soft small">${entries.length === 0 ? '' : 'Values stay with the owner; you get names and shapes.'}</span>
      </div>
      ${
        entries.length === 0
          ? html`<p class="empty" data-testid="catalogue-empty">
            ${told ? 'Nothing yet. It appears here as soon as the owner publishes something.' : 'It appears here as soon as the owner’s page tells.'}
          </p>`
          : html`<ul class="items">
            ${entries.map((entry) => this.#entry(entry))}
          </ul>`
      }
      ${this.#mine()}
    </section>`;
  }

  /** Ids and shapes are this side's own; tags were given by a program. */
  #mine(): TemplateResult | typeof nothing {
    const { entries, total } = this.mine;
    if (total === 0) return nothing;
    const more = total - entries.length;
    return html`<details data-testid="mine">
      <summary>Yours at the owner’s: ${count(total, 'object')}</summary>
      <p class="small soft">
        They outlive a reload of this page. A program finds them in <code>duet.store.mine()</code>, in this order.
      </p>
      <ul class="items">
        ${entries.map((entry) => this.#ownEntry(entry))}
      </ul>
      ${more === 0 ? nothing : html`<p class="small soft">and ${count(more, 'newer one')}</p>`}
    </details>`;
  }

  #ownEntry({ id, dtype, shape, tags, madeBy }: OwnEntry): TemplateResult {
    return html`<li class="item small" data-testid="mine-entry" data-id=${id}>
      <code>${id}</code> ${dtype} ${shapeWords(shape)} <span class="soft">${madeBy}</span>
      ${tags.map((tag) => quotedWord(tag))}
    </li>`;
  }

  #entry(entry: CatalogueEntry): TemplateResult {
    const { id, isDataSet, name, tags, description, fields } = entry;
    const furtherTags = tags.filter((tag) => tag !== name);
    return html`<li class="card" data-testid="catalogue-entry" data-id=${id}>
      <div class="row">
        <span class="badge">${isDataSet ? 'data set' : 'tensor'} ${id}</span>
        ${quotedWord(name)} ${furtherTags.map((tag) => quotedWord(tag))}
      </div>
      ${description === '' ? nothing : quotedWords('The owner’s description', description, 'catalogue-description')}
      <div class="small soft" data-testid="catalogue-records">${recordWords(entry)}</div>
      <dl class="facts">
        ${fields.map((field) => this.#field(field))}
      </dl>
      <code class="small">${codeFor(entry)}</code>
    </li>`;
  }

  #field({ field, shape, dtype, columns, isPublic }: CatalogueField): TemplateResult {
    return html`<dt>${field === '' ? 'value' : html`<code>${field}</code>`}</dt>
      <dd data-testid="catalogue-field">
        ${dtype} ${shapeWords(shape)} ${isPublic ? html`<span class="badge good">public</span>` : nothing}
        ${columns.length === 0 ? nothing : this.#columns(columns)}
      </dd>`;
  }

  #columns(columns: readonly string[]): TemplateResult {
    const tags = columns.map((column) => html`${quotedWord(column)} `);
    if (columns.length <= 6) return html`${tags}`;
    return html`<details>
      <summary>${count(columns.length, 'column')}</summary>
      ${tags}
    </details>`;
  }
}

customElements.define('duet-catalogue-panel', CataloguePanel);
