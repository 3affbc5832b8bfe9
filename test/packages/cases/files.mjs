/** Files. */
export const files = [
  // Files
  {
    name: 'pdf-lib',
    version: '1.17.1',
    head: `import { PDFDocument, StandardFonts } from 'pdf-lib'`,
    run: `await (async () => {
        const d = await PDFDocument.create();
        const f = await d.embedFont(StandardFonts.Helvetica);
        d.addPage().drawText('x', { font: f });
        const b = await d.save();
        return [new TextDecoder().decode(b.slice(0, 5)), (await PDFDocument.load(b)).getPageCount()];
      })()`,
    want: ['%PDF-', 1],
  },
  {
    name: 'qrcode',
    version: '1.5.4',
    head: `import QRCode from 'qrcode'`,
    run: `(await QRCode.toString('hi', { type: 'svg' })).slice(0, 4)`,
    want: '<svg',
  },
  {
    name: 'jszip',
    version: '3.10.2',
    head: `import JSZip from 'jszip'`,
    run: `await (async () => {
        const z = new JSZip();
        z.file('a.txt', 'x');
        return (await JSZip.loadAsync(await z.generateAsync({ type: 'uint8array' }))).file('a.txt').async('string');
      })()`,
    want: 'x',
  },
  {
    name: 'fflate',
    version: '0.8.3',
    head: `import { gzipSync, gunzipSync, strFromU8, strToU8 } from 'fflate'`,
    run: `strFromU8(gunzipSync(gzipSync(strToU8('x'))))`,
    want: 'x',
  },
  {
    name: 'pako',
    version: '3.0.3',
    head: `import * as pako from 'pako'`,
    run: `new TextDecoder().decode(pako.inflate(pako.deflate(new TextEncoder().encode('x'))))`,
    want: 'x',
  },
  {
    name: 'exceljs',
    version: '4.4.0',
    head: `import ExcelJS from 'exceljs'`,
    run: `await (async () => {
        const w = new ExcelJS.Workbook();
        w.addWorksheet('s').addRow([1]);
        const b = await w.xlsx.writeBuffer();
        const r = new ExcelJS.Workbook();
        await r.xlsx.load(b);
        return r.getWorksheet('s').getCell('A1').value;
      })()`,
    want: 1,
  },
  {
    name: 'ical-generator',
    version: '11.1.2',
    head: `import ical from 'ical-generator'`,
    run: `ical({ name: 'a' }).toString().startsWith('BEGIN:VCALENDAR')`,
    want: true,
  },
];
