import { LitElement } from 'lit';

/** Renders into itself, so that one stylesheet serves the whole page and labels may point across elements. */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
