import { NAME_COUNT } from './shape.js';
import { isSame } from './xml-names.js';
import { resolveInPlace } from './xml-references.js';
import { NO_PLACE, type XmlTag } from './xml-tag.js';

/** The attributes of the tag that was opened last, by the numbers of their names. */
export class TagAttributes {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the value stands that `has` found last, its references resolved. */
  from = 0;
  to = 0;
  private tag: XmlTag | null = null;
  private places: Uint8Array = new Uint8Array(NAME_COUNT);
  private readonly ownPlaces = new Uint8Array(NAME_COUNT);
  /** By name: the text that it had last, which it mostly has again. */
  private readonly texts: ({ bytes: Uint8Array; text: string } | undefined)[] = new Array(NAME_COUNT).fill(
    undefined,
  );

  open(tag: XmlTag, bytes: Uint8Array): void {
    this.tag = tag;
    this.bytes = bytes;
    if (tag.form !== null) {
      this.places = tag.form.places;
      return;
    }
    this.places = this.ownPlaces.fill(NO_PLACE);
    for (let i = 0; i < tag.count; i++) {
      const name = tag.nameOf(i);
      if (name >= 0) this.places[name] = i;
    }
  }

  /** Whether the tag has an attribute with a value that is not empty; then `from` and `to` tell where. */
  has(name: number): boolean {
    const tag = this.tag!;
    const i = this.places[name]!;
    if (i === NO_PLACE) {
      this.from = this.to = tag.from;
      return false;
    }
    if (tag.isIndirect[i] === 1) {
      tag.valueTos[i] = resolveInPlace(this.bytes, tag.valueFroms[i]!, tag.valueTos[i]!);
      tag.isIndirect[i] = 0;
    }
    this.from = tag.valueFroms[i]!;
    this.to = tag.valueTos[i]!;
    return this.to > this.from;
  }

  /** The value of an attribute as text; '' where it is not there. Not for what each reading has. */
  text(name: number): string {
    if (!this.has(name)) return '';
    const { bytes, from, to } = this;
    const known = this.texts[name];
    if (known !== undefined && isSame(known.bytes, bytes, from, to)) return known.text;
    const copy = bytes.slice(from, to);
    const text = Buffer.from(copy.buffer, copy.byteOffset, copy.length).toString();
    this.texts[name] = { bytes: copy, text };
    return text;
  }
}
