/** The script `idna`. */
export { toASCII } from 'tr46';
