# ruff: noqa: E501, RUF001
"""Encodings by their bytes, where whole files are too coarse a test."""

from pathlib import Path

import pytest

from mailhub_contacts.sheet_encoding import STRAY, detect


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Créée à l’été\n", "cp1252"),
        ("10 € « déjà »\n", "cp1252"),
        ("Zoé\n", "mac_roman"),
        ("Zoé\n", "cp850"),
        ("Иванов Сергей, Смирнов Дмитрий\n", "cp1251"),
        ("plain\n", "utf-8"),
    ],
)
def test_few_letters_are_enough(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    assert detect(path) == (encoding, 0)


def test_a_character_cut_at_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"Zo\xc3\xa9 " * 10 + b"\xc3")
    assert detect(path) == ("utf-8", 0)


def test_a_character_across_two_chunks_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (2**20 - 1) + "é".encode())
    assert detect(path) == ("utf-8", 0)


def test_stray_bytes() -> None:
    assert b"\xc3\xa9\xe9;\x81\x92".decode("utf-8", STRAY) == "éé;\x81’"
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", STRAY)


FAR = {
    "gb18030": ("gb18030", "邮箱,姓名,城市\nwang@example.cn,王小明,北京\nli@example.cn,李丽华,上海市浦东新区\nzhang@example.cn,张伟,广州\n"),
    "shift_jis": ("cp932", "メール,氏名,住所\ntanaka@example.jp,田中太郎,東京都千代田区\nsuzuki@example.jp,鈴木花子,大阪府大阪市\nsato@example.jp,佐藤 健,ﾌｸｵｶ\n"),
    "euc_jp": ("euc_jp", "メール,氏名,住所\ntanaka@example.jp,田中太郎,東京都千代田区\nsuzuki@example.jp,鈴木花子,大阪府大阪市\n"),
    "euc_kr": ("cp949", "이메일,이름\nkim@example.kr,김철수\nlee@example.kr,이영희 서울특별시\n"),
    "big5": ("big5", "郵件,姓名\nwang@example.tw,王小明\nchen@example.tw,陳怡君 台北市\n"),
    "koi8-r": ("koi8_r", "Почта;Имя;Город\nivan@example.ru;Иван Петров;Москва\nanna@example.ru;Анна Смирнова;Санкт-Петербург\nolga@example.ru;Ольга Кузнецова;Казань\n"),
    "cp1251": ("cp1251", "Почта;Имя;Город\nivan@example.ru;Иван Петров;Москва\nanna@example.ru;Анна Смирнова;Санкт-Петербург\nolga@example.ru;Ольга Кузнецова;Казань\n"),
    "cp866": ("cp866", "Почта;Имя;Город\nivan@example.ru;Иван Петров;Москва\nanna@example.ru;Анна Смирнова;Санкт-Петербург\nolga@example.ru;Ольга Кузнецова;Казань\n"),
    "cp1250": ("cp1250", "E-mail;Jméno;Město\njan@example.cz;Jiří Dvořák;Plzeň\neva@example.cz;Žaneta Šťastná;České Budějovice\npl@example.pl;Łukasz Wiśniewski;Gdańsk\n"),
    "iso8859-2": ("iso8859_2", "E-mail;Jméno;Město\njan@example.cz;Jiří Dvořák;Plzeň\neva@example.cz;Žaneta Šťastná;České Budějovice\npl@example.pl;Łukasz Wiśniewski;Gdańsk\n"),
    "iso8859-15": ("iso8859_15", "Courriel;Nom;Prix\na@example.fr;Zoé Cœur;12 €\nb@example.fr;Noël Œuvre;5 €\n"),
    "cp1253": ("cp1253", "Email;Όνομα\na@example.gr;Γιώργος Παπαδόπουλος\nb@example.gr;Μαρία Νικολάου\n"),
    "cp1254": ("cp1254", "E-posta;Ad\na@example.tr;Şükrü Öztürk\nb@example.tr;Ayşe Yılmaz Çağdaş\nc@example.tr;İbrahim Güneş\n"),
    "cp1255": ("cp1255", "Email;שם\na@example.il;יוסי כהן\nb@example.il;שרה לוי\n"),
    "cp1256": ("cp1256", "Email;اسم\na@example.eg;محمد علي\nb@example.eg;فاطمة حسن\n"),
    "cp1257": ("cp1257", "E-mail;Vardas\na@example.lt;Žydrūnas Šimkus\nb@example.lt;Jūratė Čepaitė\nc@example.lv;Jānis Bērziņš\n"),
}  # fmt: skip


@pytest.mark.parametrize("encoding", FAR)
def test_encodings_from_farther_away(tmp_path: Path, encoding: str) -> None:
    told, text = FAR[encoding]
    (tmp_path / "base.csv").write_bytes(text.encode(encoding))
    assert detect(tmp_path / "base.csv") == (told, 0)
    assert text.encode(encoding).decode(told) == text
