export { checkPairs, markMeters } from './check-pairs';
export { beginDeflate, deflatePiece } from './deflate';
export { gatherBlocks } from './gather-blocks';
export { setCounts, setDay } from './judge';
export { findStarts, markFirsts } from './order';
export { copiedBefore, copiedDay, setCopied, setPastReads } from './past-reads';
export { registerRow, setRegister, setRegisterRow } from './register-rows';
export { readKnownHeader, scanLines } from './scan';
export { readFields } from './scan-fields';
export {
  clear,
  closingReads,
  dayRows,
  daySlots,
  learnFlag,
  meters,
  openingReads,
  reads,
  records,
  setBlocks,
  setStop,
  settleMeters,
  why,
} from './settle';
export { sortBlocks } from './sort-blocks';
export { splitPlain } from './split-line';
export { setLead, textLength } from './text';
