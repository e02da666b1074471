use super::*;

#[test]
fn lines_end_as_they_like_and_are_counted_as_people_count_them() {
    let table = users("\n\r\nname,email\rAnn,a@b\nBo,b@b\r\n\r\r\n,\nCy,c@b\n\n");
    let lines: Vec<_> = table.rows.iter().map(|row| (row.line, user(row).name.as_str())).collect();
    assert_eq!(lines, [(4, "Ann"), (5, "Bo"), (9, "Cy")]);
}

#[test]
fn a_line_break_in_a_cell_counts() {
    let table = users("name,email,description\nAnn,a@b,\"one\r\ntwo\rthree\nfour\"\nBo,b@b,\n");
    assert_eq!(user(&table.rows[0]).description.as_deref(), Some("one\r\ntwo\rthree\nfour"));
    assert_eq!((table.rows[0].line, table.rows[1].line), (2, 6));
}

#[test]
fn quoted_cells_hold_separators_and_quotation_marks() {
    let table = users("name,email\n\"Bell, \"\"Ann\"\"\", \"a@b\" \n\"\",\"c@d\"\n");
    assert_eq!(user(&table.rows[0]).name, "Bell, \"Ann\"");
    assert_eq!(user(&table.rows[0]).email, "a@b");
    assert!(table.rows[1].wanted.is_err());
}

#[test]
fn a_stray_quotation_mark_is_told_by_line_and_column() {
    let (line, column, said) = only("name,email\nAnn,a@b\nAnn \"Bell\",a@b\n");
    assert_eq!((line, column.as_deref()), (3, Some("name")));
    assert!(said.contains("Column 1") && said.contains("double"), "{said}");
    let (line, column, said) = only("name,E-Mail\nAnn,\"a\n@b\"x\"\nBo,b@b");
    assert_eq!((line, column.as_deref()), (3, Some("E-Mail")));
    assert!(said.contains("of line 2 is closed"), "{said}");
    let (line, column, _) = only("name,\"em\"ail\nAnn,a@b\n");
    assert_eq!((line, column.as_deref()), (1, Some("em")));
}

#[test]
fn an_unclosed_quotation_mark_is_told_by_where_it_was_opened() {
    let (line, column, said) = only("name,email\nAnn,a@b\nBo,\"b@b\nCy,c@b\nDi,d@b\n");
    assert_eq!((line, column.as_deref()), (3, Some("email")));
    assert!(said.contains("half a file"), "{said}");
}

#[test]
fn trailing_empty_cells_may_be_left_out() {
    let table = users("name,email,role,phone\nAnn,a@b\nBo,b@b,,\nCy\n");
    assert_eq!(table.rows[0].cells, ["Ann", "a@b", "", ""]);
    assert!(table.rows[1].wanted.is_ok());
    let mistakes = table.rows[2].wanted.as_ref().unwrap_err();
    assert_eq!((mistakes[0].line, mistakes[0].column.as_deref()), (4, Some("email")));
}

#[test]
fn a_value_beyond_the_header_is_a_mistake_of_that_line_alone() {
    for row in ["Bell, Ann,a@b", "a,b,,x", &format!("a,b{}x", ",".repeat(200))] {
        let table = users(&format!("name,email\n{row}\nBo,b@b,,,\n"));
        let mistakes = table.rows[0].wanted.as_ref().unwrap_err();
        assert_eq!((mistakes.len(), mistakes[0].line, &mistakes[0].column), (1, 2, &None), "{row}");
        assert!(mistakes[0].said.contains("no name in the header"), "{mistakes:?}");
        assert_finished(mistakes);
        assert!(table.rows[1].wanted.is_ok());
    }
}

#[test]
fn what_spreadsheets_put_around_a_value_is_taken_off() {
    for (raw, clean) in [
        ("=\"00123\"", "00123"),
        ("\"=\"\"00123\"\"\"", "00123"),
        ("=\"a;b|c\"", "a;b|c"),
        ("'=1+1", "=1+1"),
        ("'+49", "+49"),
        ("'-x", "-x"),
        ("'@x", "@x"),
        ("'＝x", "＝x"),
        ("' =x", "=x"),
        ("''=x", "'=x"),
        ("'tis", "'tis"),
        ("'", "'"),
        ("\u{a0} \u{202f}x\u{a0}y\u{a0}", "x\u{a0}y"),
        ("“smart”", "“smart”"),
    ] {
        let table = users(&format!("name,email,title\nAnn,a@b,{raw}\n"));
        assert_eq!(user(&table.rows[0]).job_title.as_deref(), Some(clean), "{raw}");
    }
}

#[test]
fn a_character_nobody_sees_is_told_by_line_and_column() {
    for c in ['\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{b}'] {
        let table = users(&format!("name,email\nAnn,a@b\nB{c}o,b@b\n"));
        let mistakes = table.rows[1].wanted.as_ref().unwrap_err();
        assert_eq!((mistakes.len(), mistakes[0].line, mistakes[0].column.as_deref()), (1, 3, Some("name")));
        assert!(mistakes[0].said.contains(&format!("U+{:04X}", u32::from(c))), "{mistakes:?}");
    }
    let table = users("name,email,description\nAnn,a@b,\"one\ttwo\r\nthree\"\n");
    assert!(table.rows[0].wanted.is_ok());
    let (line, _, said) = only("name,em\0ail\nAnn,a@b\n");
    assert!(line == 1 && said.contains("U+0000"), "{said}");
}

#[test]
fn a_cell_holds_so_much_and_no_more() {
    let fits = "é".repeat(MAX_FIELD_BYTES / 2);
    assert_eq!(with("description", &fits).unwrap().description, Some(fits.clone()));
    let dashed = format!("-{}", "x".repeat(MAX_FIELD_BYTES - 1));
    assert_eq!(with("description", &dashed).unwrap().description, Some(dashed));
    assert!(refusal("description", &format!("{fits}x")).contains("1024 bytes"));
    assert!(refusal("description", &fits.repeat(3)).contains("1024 bytes"));
}

#[test]
fn all_mistakes_of_a_row_are_told_and_the_others_read() {
    let header =
        "name,email,role,job_title,time_zone,description,teams,phone,sms,emails,notify_high,notify_low";
    let long = "x".repeat(1025);
    let row = format!(",x,king,{0},Mars!,{long},A;a,1,2,b,z,z:z", "t".repeat(101));
    let table = users(&format!("{header}\n{row}\nAnn,a@b\n"));
    let mistakes = table.rows[0].wanted.as_ref().unwrap_err();
    let mut columns: Vec<_> = mistakes.iter().filter_map(|it| it.column.as_deref()).collect();
    columns.sort_unstable();
    let mut expected: Vec<_> = header.split(',').collect();
    expected.sort_unstable();
    assert_eq!(columns, expected);
    assert_finished(mistakes);
    assert!(table.rows[1].wanted.is_ok());
}

#[test]
fn a_row_that_is_wrong_all_over_is_told_in_part() {
    let table = users(&format!("name,email,emails\nAnn,a@b,{}\n", "x;".repeat(40)));
    let mistakes = table.rows[0].wanted.as_ref().unwrap_err();
    assert_eq!(mistakes.len(), 17);
    assert!(mistakes[16].said.contains("24 more mistakes"), "{mistakes:?}");
}
