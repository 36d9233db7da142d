export { checkPairs, markMeters } from './check-pairs';
export { scanLines } from './scan';
