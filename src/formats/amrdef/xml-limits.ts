/** Levels of elements within each other; AMRDEF has six. */
export const DEPTH_MAX = 64;

/** Bytes of one tag, from `<` to `>`. */
export const TAG_BYTES_MAX = 65_536;

/** Bytes of the name of an element, an attribute or a processing instruction. */
export const NAME_BYTES_MAX = 128;

/** Attributes of one tag; AMRDEF has sixteen at the most. */
export const ATTRIBUTES_MAX = 64;

/** Bytes of a reference, from `&` to `;`. */
export const REFERENCE_BYTES_MAX = 16;

/** Bytes of the XML declaration. */
export const DECLARATION_BYTES_MAX = 512;
