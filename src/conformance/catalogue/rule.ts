export type SeverityName = 'error' | 'warning' | 'info';

/** What the catalogue says of a rule, besides its code. */
export interface RuleText {
  /** Under the strict profile; a profile may change it. */
  severity: SeverityName;
  /** What is wrong, in a few words: the head of every finding's message. */
  title: string;
  /** What is wrong, exactly. */
  wrong: string;
  /** What it leads to. */
  why: string;
  /** What the sender of the file does about it. */
  mend: string;
  /** Where the rule comes from. */
  clause: string;
  /**
   * Lines that break the rule. They end in CR LF, one after another, but where the end itself is shown:
   * `<LF>`, `<END>` for the end of the file; `<BEL>` is that byte. Of a rule about slots: the values of a day.
   */
  example: string;
  /** Profile under which the example breaks the rule, where that is not the strict one. */
  exampleProfile?: string;
  /** Whether no profile may lower the severity: nothing can be read where this is wrong. */
  alwaysError?: true;
}

/** One rule of the catalogue. Codes are contract: a code's meaning never changes. */
export interface Rule extends RuleText {
  code: string;
}
