import { describe, expect, it } from 'vitest';
import { cellOf, readRows } from './transfer';

describe('rows of a CSV', () => {
  it('may hold commas, quotes and line ends', () => {
    const text = 'name,note\r\n"Ada, Countess","said ""yes""\nand left"\r\nGrace,\r\n';
    expect(readRows('people.csv', text)).toEqual([
      { name: 'Ada, Countess', note: 'said "yes"\nand left' },
      { name: 'Grace', note: null },
    ]);
  });

  it('keep what a number would lose, and leave out what Annex sets itself', () => {
    const text = 'id,postcode,total,paid,tags\nrow_1,01067,12.50,true,"[""a""]"\nrow_2,80331,12.5,false,[';
    expect(readRows('orders.csv', text)).toEqual([
      { postcode: '01067', total: '12.50', paid: true, tags: ['a'] },
      { postcode: 80331, total: 12.5, paid: false, tags: '[' },
    ]);
  });

  it('come out of a JSON list as they are, and out of nothing else', () => {
    expect(readRows('rows.json', '[{"n":1}]')).toEqual([{ n: 1 }]);
    expect(() => readRows('rows.json', '{"n":1}')).toThrow('holds no list of rows');
  });
});

describe('a cell of an export', () => {
  it('is quoted where it has to be, and never a formula', () => {
    expect([null, 1.5, true, { a: 1 }, 'a,b', '=SUM(A1)', '-1', -1].map(cellOf)).toEqual([
      '',
      '1.5',
      'true',
      '"{""a"":1}"',
      '"a,b"',
      "'=SUM(A1)",
      "'-1",
      '-1',
    ]);
  });
});
