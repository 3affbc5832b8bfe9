import yazl from 'yazl';

/** A ZIP of texts by their paths. */
export function pack(files) {
  return new Promise((done) => {
    const zip = new yazl.ZipFile();
    for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
    zip.end();
    const chunks = [];
    zip.outputStream.on('data', (chunk) => chunks.push(chunk)).on('end', () => done(Buffer.concat(chunks)));
  });
}
