use super::*;

const FILE: &str = "name,email\r\nZoë Ångström,zoe@example.com\r\n";

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn unicode_is_read_however_it_is_written() {
    for file in [
        FILE.as_bytes().to_vec(),
        ["\u{feff}", FILE].concat().into_bytes(),
        utf16(&["\u{feff}", FILE].concat(), u16::to_le_bytes),
        utf16(&["\u{feff}", FILE].concat(), u16::to_be_bytes),
        utf16(FILE, u16::to_le_bytes),
        utf16(FILE, u16::to_be_bytes),
    ] {
        let table = Table::read(Kind::Users, &file).unwrap();
        assert_eq!(user(&table.rows[0]).name, "Zoë Ångström");
        assert_eq!(table.header, ["name", "email"]);
    }
}

#[test]
fn another_encoding_is_told_by_its_line_and_what_to_save_as() {
    let (line, _, said) = only(b"name,email\r\nAnn,ann@example.com\r\nZo\xEB,zoe@example.com\r\n");
    assert_eq!(line, 3);
    assert!(said.contains("0xEB") && said.contains("CSV UTF-8"), "{said}");
    let (line, _, said) =
        only(b"name,email\rZo\xEB,z@example.com\rZo\xEB,z@example.com\rJ\xF6,j@example.com");
    assert_eq!(line, 2);
    assert!(said.contains("2 more lines"), "{said}");
    let (_, _, said) = only(b"name,email\nZo\xC3");
    assert!(said.contains("ends in the middle of a letter"), "{said}");
}

#[test]
fn broken_utf_16_is_told_by_its_line() {
    let mut file = utf16("\u{feff}name,email\nAnn,ann@example.com", u16::to_le_bytes);
    file.push(b'x');
    let (line, _, said) = only(&file);
    assert_eq!(line, 2);
    assert!(said.contains("UTF-16"), "{said}");
    let lone = [utf16("\u{feff}name\n", u16::to_le_bytes), 0xD800_u16.to_le_bytes().to_vec()].concat();
    assert_eq!(only(lone).0, 2);
}

#[test]
fn a_file_of_another_kind_is_called_by_its_name() {
    let zip = |names: &str| [b"PK\x03\x04\x14\0\x06\0".as_slice(), names.as_bytes()].concat();
    for (file, said) in [
        (zip("[Content_Types].xml … xl/workbook.xml"), "Excel workbook that was renamed"),
        (zip("Index/Document.iwa"), "Numbers"),
        (zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), "OpenDocument"),
        (zip("holiday.jpg"), "ZIP archive"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "Excel workbook of the old kind"),
        (b"%PDF-1.7 \xE2\xE3".to_vec(), "PDF"),
        (b"{\\rtf1\\ansi name,email".to_vec(), "RTF"),
        (b"\x1F\x8B\x08\0".to_vec(), "gzip"),
        (b"\xEF\xBB\xBF\r\n <!DOCTYPE html><html>".to_vec(), "HTML"),
        (b"<table><tr><td>name".to_vec(), "HTML"),
        (b"<?xml version=\"1.0\"?><Workbook>".to_vec(), "XML"),
    ] {
        let (line, column, what) = only(&file);
        assert_eq!((line, column), (1, None));
        assert!(what.contains(said) && what.contains("Save as → CSV UTF-8"), "{what}");
    }
}

#[test]
fn an_empty_file_and_a_header_alone_have_their_own_sentences() {
    for file in ["", "\u{feff}", "\r\n \r\n\n", ",,,\n;;", "sep=;\r\n", "\"\",\"\"\n"] {
        let (_, _, said) = only(file);
        assert!(said.contains("is empty") && said.contains("name, email, role"), "{file:?}: {said}");
    }
    for file in ["name,email", "name,email\n", "\n\nname,email\n,\n\n \n", "sep=,\nname,email"] {
        let (_, _, said) = only(file);
        assert!(said.contains("no row below it"), "{file:?}: {said}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_looked_at() {
    let (_, _, said) = only(vec![0xFF; MAX_BYTES + 1]);
    assert!(said.contains("larger than 5 MB"), "{said}");
}

#[test]
fn more_rows_than_can_be_read_are_counted() {
    let rows = |count: usize| "a,a@b\n".repeat(count);
    assert_eq!(users(&format!("name,email\n{}", rows(MAX_ROWS))).rows.len(), MAX_ROWS);
    let (line, _, said) = only(format!("name,email\n{}", rows(MAX_ROWS + 7)));
    assert_eq!(line, 10_002);
    assert!(said.contains("at least 10007 rows") && said.contains("10000"), "{said}");
}
