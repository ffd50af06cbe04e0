//! One line per A64 instruction: its name and its encoding diagram, most significant bit first.
//!
//! `0` and `1` are fixed bits; every other character is an operand bit whose letter says which
//! field it belongs to (`z` sf, `d` Rd or Rt, `n` Rn, `m` Rm or Rs, `a` Ra or Rt2, `i` immediate,
//! `q` Q, `s` size, `c` condition, others local to the line). Where two lines match a word, the one
//! with more fixed bits wins. An encoding that a line matches but the manual calls UNDEFINED or
//! unallocated for some field values is refused by whoever executes the line.
//!
//! Names follow the manual's page titles: mnemonic, then the form in lower case.

/// Calls `$then!` with every line of the table.
macro_rules! for_each_pattern {
    ($then:ident) => {
        $then! {
            // ---- Reserved (C4.1.1) ----
            UDF                             "0000000000000000iiiiiiiiiiiiiiii";

            // ---- Data processing, immediate (C4.1.93) ----
            ADR                             "0ii10000iiiiiiiiiiiiiiiiiiiddddd";
            ADRP                            "1ii10000iiiiiiiiiiiiiiiiiiiddddd";
            ADD_immediate                   "z00100010hiiiiiiiiiiiinnnnnddddd";
            ADDS_immediate                  "z01100010hiiiiiiiiiiiinnnnnddddd";
            SUB_immediate                   "z10100010hiiiiiiiiiiiinnnnnddddd";
            SUBS_immediate                  "z11100010hiiiiiiiiiiiinnnnnddddd";
            AND_immediate                   "z00100100Nrrrrrrssssssnnnnnddddd";
            ORR_immediate                   "z01100100Nrrrrrrssssssnnnnnddddd";
            EOR_immediate                   "z10100100Nrrrrrrssssssnnnnnddddd";
            ANDS_immediate                  "z11100100Nrrrrrrssssssnnnnnddddd";
            MOVN                            "z00100101hhiiiiiiiiiiiiiiiiddddd";
            MOVZ                            "z10100101hhiiiiiiiiiiiiiiiiddddd";
            MOVK                            "z11100101hhiiiiiiiiiiiiiiiiddddd";
            SBFM                            "z00100110Nrrrrrrssssssnnnnnddddd";
            BFM                             "z01100110Nrrrrrrssssssnnnnnddddd";
            UBFM                            "z10100110Nrrrrrrssssssnnnnnddddd";
            EXTR                            "z00100111N0mmmmmssssssnnnnnddddd";

            // ---- Branches, exceptions, system (C4.1.94) ----
            B                               "000101iiiiiiiiiiiiiiiiiiiiiiiiii";
            BL                              "100101iiiiiiiiiiiiiiiiiiiiiiiiii";
            B_cond                          "01010100iiiiiiiiiiiiiiiiiii0cccc";
            CBZ                             "z0110100iiiiiiiiiiiiiiiiiiittttt";
            CBNZ                            "z0110101iiiiiiiiiiiiiiiiiiittttt";
            TBZ                             "b0110110bbbbbiiiiiiiiiiiiiittttt";
            TBNZ                            "b0110111bbbbbiiiiiiiiiiiiiittttt";
            BR                              "1101011000011111000000nnnnn00000";
            BLR                             "1101011000111111000000nnnnn00000";
            RET                             "1101011001011111000000nnnnn00000";
            SVC                             "11010100000iiiiiiiiiiiiiiii00001";
            BRK                             "11010100001iiiiiiiiiiiiiiii00000";
            HINT                            "11010101000000110010iiiiiii11111";
            CLREX                           "11010101000000110011iiii01011111";
            DSB                             "11010101000000110011iiii10011111";
            DMB                             "11010101000000110011iiii10111111";
            ISB                             "11010101000000110011iiii11011111";
            SB                              "11010101000000110011000011111111";
            CFINV                           "11010101000000000100000000011111";
            XAFLAG                          "11010101000000000100000000111111";
            AXFLAG                          "11010101000000000100000001011111";
            MSR_immediate                   "1101010100000ooo0100iiiippp11111";
            MSR_register                    "110101010001Ooooccccmmmmpppttttt";
            MRS                             "110101010011Ooooccccmmmmpppttttt";
            SYS                             "1101010100001oooccccmmmmpppttttt";

            // ---- Loads and stores (C4.1.95) ----
            LDR_literal                     "0z011000iiiiiiiiiiiiiiiiiiittttt";
            LDRSW_literal                   "10011000iiiiiiiiiiiiiiiiiiittttt";
            PRFM_literal                    "11011000iiiiiiiiiiiiiiiiiiittttt";
            LDR_fp_literal                  "oo011100iiiiiiiiiiiiiiiiiiittttt";
            STP                             "z010100100iiiiiiiaaaaannnnnttttt";
            STP_post                        "z010100010iiiiiiiaaaaannnnnttttt";
            STP_pre                         "z010100110iiiiiiiaaaaannnnnttttt";
            STNP                            "z010100000iiiiiiiaaaaannnnnttttt";
            LDP                             "z010100101iiiiiiiaaaaannnnnttttt";
            LDP_post                        "z010100011iiiiiiiaaaaannnnnttttt";
            LDP_pre                         "z010100111iiiiiiiaaaaannnnnttttt";
            LDNP                            "z010100001iiiiiiiaaaaannnnnttttt";
            LDPSW                           "0110100101iiiiiiiaaaaannnnnttttt";
            LDPSW_post                      "0110100011iiiiiiiaaaaannnnnttttt";
            LDPSW_pre                       "0110100111iiiiiiiaaaaannnnnttttt";
            STP_fp                          "oo10110100iiiiiiiaaaaannnnnttttt";
            STP_fp_post                     "oo10110010iiiiiiiaaaaannnnnttttt";
            STP_fp_pre                      "oo10110110iiiiiiiaaaaannnnnttttt";
            STNP_fp                         "oo10110000iiiiiiiaaaaannnnnttttt";
            LDP_fp                          "oo10110101iiiiiiiaaaaannnnnttttt";
            LDP_fp_post                     "oo10110011iiiiiiiaaaaannnnnttttt";
            LDP_fp_pre                      "oo10110111iiiiiiiaaaaannnnnttttt";
            LDNP_fp                         "oo10110001iiiiiiiaaaaannnnnttttt";
            STR_immediate                   "ss11100100iiiiiiiiiiiinnnnnttttt";
            STR_immediate_post              "ss111000000iiiiiiiii01nnnnnttttt";
            STR_immediate_pre               "ss111000000iiiiiiiii11nnnnnttttt";
            STUR                            "ss111000000iiiiiiiii00nnnnnttttt";
            STTR                            "ss111000000iiiiiiiii10nnnnnttttt";
            STR_register                    "ss111000001mmmmmoooS10nnnnnttttt";
            LDR_immediate                   "ss11100101iiiiiiiiiiiinnnnnttttt";
            LDR_immediate_post              "ss111000010iiiiiiiii01nnnnnttttt";
            LDR_immediate_pre               "ss111000010iiiiiiiii11nnnnnttttt";
            LDUR                            "ss111000010iiiiiiiii00nnnnnttttt";
            LDTR                            "ss111000010iiiiiiiii10nnnnnttttt";
            LDR_register                    "ss111000011mmmmmoooS10nnnnnttttt";
            LDRS_immediate                  "ss1110011wiiiiiiiiiiiinnnnnttttt";
            LDRS_immediate_post             "ss1110001w0iiiiiiiii01nnnnnttttt";
            LDRS_immediate_pre              "ss1110001w0iiiiiiiii11nnnnnttttt";
            LDURS                           "ss1110001w0iiiiiiiii00nnnnnttttt";
            LDTRS                           "ss1110001w0iiiiiiiii10nnnnnttttt";
            LDRS_register                   "ss1110001w1mmmmmoooS10nnnnnttttt";
            PRFM_immediate                  "1111100110iiiiiiiiiiiinnnnnttttt";
            PRFUM                           "11111000100iiiiiiiii00nnnnnttttt";
            PRFM_register                   "11111000101mmmmmoooS10nnnnnttttt";
            STR_fp_immediate                "ss111101x0iiiiiiiiiiiinnnnnttttt";
            STR_fp_immediate_post           "ss111100x00iiiiiiiii01nnnnnttttt";
            STR_fp_immediate_pre            "ss111100x00iiiiiiiii11nnnnnttttt";
            STUR_fp                         "ss111100x00iiiiiiiii00nnnnnttttt";
            STR_fp_register                 "ss111100x01mmmmmoooS10nnnnnttttt";
            LDR_fp_immediate                "ss111101x1iiiiiiiiiiiinnnnnttttt";
            LDR_fp_immediate_post           "ss111100x10iiiiiiiii01nnnnnttttt";
            LDR_fp_immediate_pre            "ss111100x10iiiiiiiii11nnnnnttttt";
            LDUR_fp                         "ss111100x10iiiiiiiii00nnnnnttttt";
            LDR_fp_register                 "ss111100x11mmmmmoooS10nnnnnttttt";
            STLUR                           "ss011001000iiiiiiiii00nnnnnttttt";
            LDAPUR                          "ss011001010iiiiiiiii00nnnnnttttt";
            LDAPURS                         "ss0110011w0iiiiiiiii00nnnnnttttt";

            // ---- Exclusive, ordered and atomic memory operations (C4.1.95) ----
            STXR                            "ss001000000mmmmmlaaaaannnnnttttt";
            LDXR                            "ss001000010mmmmmlaaaaannnnnttttt";
            STXP                            "1s001000001mmmmmlaaaaannnnnttttt";
            LDXP                            "1s001000011mmmmmlaaaaannnnnttttt";
            STLR                            "ss001000100mmmmmlaaaaannnnnttttt";
            LDAR                            "ss001000110mmmmmlaaaaannnnnttttt";
            LDAPR                           "ss11100010111111110000nnnnnttttt";
            CASP                            "0s0010000A1mmmmml11111nnnnnttttt";
            CAS                             "ss0010001A1mmmmml11111nnnnnttttt";
            LDADD                           "ss111000AR1mmmmm000000nnnnnttttt";
            LDCLR                           "ss111000AR1mmmmm000100nnnnnttttt";
            LDEOR                           "ss111000AR1mmmmm001000nnnnnttttt";
            LDSET                           "ss111000AR1mmmmm001100nnnnnttttt";
            LDSMAX                          "ss111000AR1mmmmm010000nnnnnttttt";
            LDSMIN                          "ss111000AR1mmmmm010100nnnnnttttt";
            LDUMAX                          "ss111000AR1mmmmm011000nnnnnttttt";
            LDUMIN                          "ss111000AR1mmmmm011100nnnnnttttt";
            SWP                             "ss111000AR1mmmmm100000nnnnnttttt";

            // ---- Data processing, register (C4.1.96) ----
            AND_shifted                     "z0001010hh0mmmmmiiiiiinnnnnddddd";
            BIC_shifted                     "z0001010hh1mmmmmiiiiiinnnnnddddd";
            ORR_shifted                     "z0101010hh0mmmmmiiiiiinnnnnddddd";
            ORN_shifted                     "z0101010hh1mmmmmiiiiiinnnnnddddd";
            EOR_shifted                     "z1001010hh0mmmmmiiiiiinnnnnddddd";
            EON_shifted                     "z1001010hh1mmmmmiiiiiinnnnnddddd";
            ANDS_shifted                    "z1101010hh0mmmmmiiiiiinnnnnddddd";
            BICS_shifted                    "z1101010hh1mmmmmiiiiiinnnnnddddd";
            ADD_shifted                     "z0001011hh0mmmmmiiiiiinnnnnddddd";
            ADDS_shifted                    "z0101011hh0mmmmmiiiiiinnnnnddddd";
            SUB_shifted                     "z1001011hh0mmmmmiiiiiinnnnnddddd";
            SUBS_shifted                    "z1101011hh0mmmmmiiiiiinnnnnddddd";
            ADD_extended                    "z0001011001mmmmmoooiiinnnnnddddd";
            ADDS_extended                   "z0101011001mmmmmoooiiinnnnnddddd";
            SUB_extended                    "z1001011001mmmmmoooiiinnnnnddddd";
            SUBS_extended                   "z1101011001mmmmmoooiiinnnnnddddd";
            ADC                             "z0011010000mmmmm000000nnnnnddddd";
            ADCS                            "z0111010000mmmmm000000nnnnnddddd";
            SBC                             "z1011010000mmmmm000000nnnnnddddd";
            SBCS                            "z1111010000mmmmm000000nnnnnddddd";
            RMIF                            "10111010000iiiiii00001nnnnn0ffff";
            SETF8                           "0011101000000000000010nnnnn01101";
            SETF16                          "0011101000000000010010nnnnn01101";
            CCMN_register                   "z0111010010mmmmmcccc00nnnnn0ffff";
            CCMP_register                   "z1111010010mmmmmcccc00nnnnn0ffff";
            CCMN_immediate                  "z0111010010iiiiicccc10nnnnn0ffff";
            CCMP_immediate                  "z1111010010iiiiicccc10nnnnn0ffff";
            CSEL                            "z0011010100mmmmmcccc00nnnnnddddd";
            CSINC                           "z0011010100mmmmmcccc01nnnnnddddd";
            CSINV                           "z1011010100mmmmmcccc00nnnnnddddd";
            CSNEG                           "z1011010100mmmmmcccc01nnnnnddddd";
            UDIV                            "z0011010110mmmmm000010nnnnnddddd";
            SDIV                            "z0011010110mmmmm000011nnnnnddddd";
            LSLV                            "z0011010110mmmmm001000nnnnnddddd";
            LSRV                            "z0011010110mmmmm001001nnnnnddddd";
            ASRV                            "z0011010110mmmmm001010nnnnnddddd";
            RORV                            "z0011010110mmmmm001011nnnnnddddd";
            CRC32                           "z0011010110mmmmm0100ssnnnnnddddd";
            CRC32C                          "z0011010110mmmmm0101ssnnnnnddddd";
            RBIT                            "z101101011000000000000nnnnnddddd";
            REV16                           "z101101011000000000001nnnnnddddd";
            REV_word                        "z101101011000000000010nnnnnddddd";
            REV_doubleword                  "1101101011000000000011nnnnnddddd";
            CLZ                             "z101101011000000000100nnnnnddddd";
            CLS                             "z101101011000000000101nnnnnddddd";
            MADD                            "z0011011000mmmmm0aaaaannnnnddddd";
            MSUB                            "z0011011000mmmmm1aaaaannnnnddddd";
            SMADDL                          "10011011001mmmmm0aaaaannnnnddddd";
            SMSUBL                          "10011011001mmmmm1aaaaannnnnddddd";
            SMULH                           "10011011010mmmmm0aaaaannnnnddddd";
            UMADDL                          "10011011101mmmmm0aaaaannnnnddddd";
            UMSUBL                          "10011011101mmmmm1aaaaannnnnddddd";
            UMULH                           "10011011110mmmmm0aaaaannnnnddddd";

            // ---- Advanced SIMD loads and stores (C4.1.95) ----
            // Multiple structures; the number is that of registers.
            LD1_multiple_1                  "0q001100010000000111ssnnnnnddddd";
            LD1_multiple_2                  "0q001100010000001010ssnnnnnddddd";
            LD1_multiple_3                  "0q001100010000000110ssnnnnnddddd";
            LD1_multiple_4                  "0q001100010000000010ssnnnnnddddd";
            LD2_multiple                    "0q001100010000001000ssnnnnnddddd";
            LD3_multiple                    "0q001100010000000100ssnnnnnddddd";
            LD4_multiple                    "0q001100010000000000ssnnnnnddddd";
            ST1_multiple_1                  "0q001100000000000111ssnnnnnddddd";
            ST1_multiple_2                  "0q001100000000001010ssnnnnnddddd";
            ST1_multiple_3                  "0q001100000000000110ssnnnnnddddd";
            ST1_multiple_4                  "0q001100000000000010ssnnnnnddddd";
            ST2_multiple                    "0q001100000000001000ssnnnnnddddd";
            ST3_multiple                    "0q001100000000000100ssnnnnnddddd";
            ST4_multiple                    "0q001100000000000000ssnnnnnddddd";

            // Multiple structures, post-indexed.
            LD1_multiple_1_post             "0q001100110mmmmm0111ssnnnnnddddd";
            LD1_multiple_2_post             "0q001100110mmmmm1010ssnnnnnddddd";
            LD1_multiple_3_post             "0q001100110mmmmm0110ssnnnnnddddd";
            LD1_multiple_4_post             "0q001100110mmmmm0010ssnnnnnddddd";
            LD2_multiple_post               "0q001100110mmmmm1000ssnnnnnddddd";
            LD3_multiple_post               "0q001100110mmmmm0100ssnnnnnddddd";
            LD4_multiple_post               "0q001100110mmmmm0000ssnnnnnddddd";
            ST1_multiple_1_post             "0q001100100mmmmm0111ssnnnnnddddd";
            ST1_multiple_2_post             "0q001100100mmmmm1010ssnnnnnddddd";
            ST1_multiple_3_post             "0q001100100mmmmm0110ssnnnnnddddd";
            ST1_multiple_4_post             "0q001100100mmmmm0010ssnnnnnddddd";
            ST2_multiple_post               "0q001100100mmmmm1000ssnnnnnddddd";
            ST3_multiple_post               "0q001100100mmmmm0100ssnnnnnddddd";
            ST4_multiple_post               "0q001100100mmmmm0000ssnnnnnddddd";

            // Single structure, to or from one lane, or to all of them.
            LD1_single                      "0q00110101000000oo0Sssnnnnnddddd";
            LD2_single                      "0q00110101100000oo0Sssnnnnnddddd";
            LD3_single                      "0q00110101000000oo1Sssnnnnnddddd";
            LD4_single                      "0q00110101100000oo1Sssnnnnnddddd";
            ST1_single                      "0q00110100000000oo0Sssnnnnnddddd";
            ST2_single                      "0q00110100100000oo0Sssnnnnnddddd";
            ST3_single                      "0q00110100000000oo1Sssnnnnnddddd";
            ST4_single                      "0q00110100100000oo1Sssnnnnnddddd";
            LD1R                            "0q001101010000001100ssnnnnnddddd";
            LD2R                            "0q001101011000001100ssnnnnnddddd";
            LD3R                            "0q001101010000001110ssnnnnnddddd";
            LD4R                            "0q001101011000001110ssnnnnnddddd";

            // Single structure, post-indexed.
            LD1_single_post                 "0q001101110mmmmmoo0Sssnnnnnddddd";
            LD2_single_post                 "0q001101111mmmmmoo0Sssnnnnnddddd";
            LD3_single_post                 "0q001101110mmmmmoo1Sssnnnnnddddd";
            LD4_single_post                 "0q001101111mmmmmoo1Sssnnnnnddddd";
            ST1_single_post                 "0q001101100mmmmmoo0Sssnnnnnddddd";
            ST2_single_post                 "0q001101101mmmmmoo0Sssnnnnnddddd";
            ST3_single_post                 "0q001101100mmmmmoo1Sssnnnnnddddd";
            ST4_single_post                 "0q001101101mmmmmoo1Sssnnnnnddddd";
            LD1R_post                       "0q001101110mmmmm1100ssnnnnnddddd";
            LD2R_post                       "0q001101111mmmmm1100ssnnnnnddddd";
            LD3R_post                       "0q001101110mmmmm1110ssnnnnnddddd";
            LD4R_post                       "0q001101111mmmmm1110ssnnnnnddddd";

            // ---- Advanced SIMD, integer and bitwise (C4.1.97) ----

            // Copy.
            DUP_element                     "0q001110000iiiii000001nnnnnddddd";
            DUP_element_scalar              "01011110000iiiii000001nnnnnddddd";
            DUP_general                     "0q001110000iiiii000011nnnnnddddd";
            INS_element                     "01101110000iiiii0jjjj1nnnnnddddd";
            INS_general                     "01001110000iiiii000111nnnnnddddd";
            SMOV                            "0q001110000iiiii001011nnnnnddddd";
            UMOV                            "0q001110000iiiii001111nnnnnddddd";

            // Modified immediate.
            BIC_vector_immediate_16bit      "0q10111100000iii10c101iiiiiddddd";
            BIC_vector_immediate_32bit      "0q10111100000iii0cc101iiiiiddddd";
            MOVI_8bit                       "0q00111100000iii111001iiiiiddddd";
            MOVI_16bit                      "0q00111100000iii10c001iiiiiddddd";
            MOVI_32bit                      "0q00111100000iii0cc001iiiiiddddd";
            MOVI_32bit_ones                 "0q00111100000iii110c01iiiiiddddd";
            MOVI_64bit                      "0q10111100000iii111001iiiiiddddd";
            MVNI_16bit                      "0q10111100000iii10c001iiiiiddddd";
            MVNI_32bit                      "0q10111100000iii0cc001iiiiiddddd";
            MVNI_32bit_ones                 "0q10111100000iii110c01iiiiiddddd";
            ORR_vector_immediate_16bit      "0q00111100000iii10c101iiiiiddddd";
            ORR_vector_immediate_32bit      "0q00111100000iii0cc101iiiiiddddd";

            // Permute, extract, table lookup.
            UZP1                            "0q001110ss0mmmmm000110nnnnnddddd";
            TRN1                            "0q001110ss0mmmmm001010nnnnnddddd";
            ZIP1                            "0q001110ss0mmmmm001110nnnnnddddd";
            UZP2                            "0q001110ss0mmmmm010110nnnnnddddd";
            TRN2                            "0q001110ss0mmmmm011010nnnnnddddd";
            ZIP2                            "0q001110ss0mmmmm011110nnnnnddddd";
            EXT                             "0q101110000mmmmm0iiii0nnnnnddddd";
            TBL                             "0q001110000mmmmm0ll000nnnnnddddd";
            TBX                             "0q001110000mmmmm0ll100nnnnnddddd";

            // Three same.
            SHADD                           "0q001110ss1mmmmm000001nnnnnddddd";
            UHADD                           "0q101110ss1mmmmm000001nnnnnddddd";
            SQADD                           "0q001110ss1mmmmm000011nnnnnddddd";
            SQADD_scalar                    "01011110ss1mmmmm000011nnnnnddddd";
            UQADD                           "0q101110ss1mmmmm000011nnnnnddddd";
            UQADD_scalar                    "01111110ss1mmmmm000011nnnnnddddd";
            SRHADD                          "0q001110ss1mmmmm000101nnnnnddddd";
            URHADD                          "0q101110ss1mmmmm000101nnnnnddddd";
            SHSUB                           "0q001110ss1mmmmm001001nnnnnddddd";
            UHSUB                           "0q101110ss1mmmmm001001nnnnnddddd";
            SQSUB                           "0q001110ss1mmmmm001011nnnnnddddd";
            SQSUB_scalar                    "01011110ss1mmmmm001011nnnnnddddd";
            UQSUB                           "0q101110ss1mmmmm001011nnnnnddddd";
            UQSUB_scalar                    "01111110ss1mmmmm001011nnnnnddddd";
            CMGT_register                   "0q001110ss1mmmmm001101nnnnnddddd";
            CMGT_register_scalar            "01011110111mmmmm001101nnnnnddddd";
            CMHI_register                   "0q101110ss1mmmmm001101nnnnnddddd";
            CMHI_register_scalar            "01111110111mmmmm001101nnnnnddddd";
            CMGE_register                   "0q001110ss1mmmmm001111nnnnnddddd";
            CMGE_register_scalar            "01011110111mmmmm001111nnnnnddddd";
            CMHS_register                   "0q101110ss1mmmmm001111nnnnnddddd";
            CMHS_register_scalar            "01111110111mmmmm001111nnnnnddddd";
            SSHL                            "0q001110ss1mmmmm010001nnnnnddddd";
            SSHL_scalar                     "01011110111mmmmm010001nnnnnddddd";
            USHL                            "0q101110ss1mmmmm010001nnnnnddddd";
            USHL_scalar                     "01111110111mmmmm010001nnnnnddddd";
            SQSHL_register                  "0q001110ss1mmmmm010011nnnnnddddd";
            SQSHL_register_scalar           "01011110ss1mmmmm010011nnnnnddddd";
            UQSHL_register                  "0q101110ss1mmmmm010011nnnnnddddd";
            UQSHL_register_scalar           "01111110ss1mmmmm010011nnnnnddddd";
            SRSHL                           "0q001110ss1mmmmm010101nnnnnddddd";
            SRSHL_scalar                    "01011110111mmmmm010101nnnnnddddd";
            URSHL                           "0q101110ss1mmmmm010101nnnnnddddd";
            URSHL_scalar                    "01111110111mmmmm010101nnnnnddddd";
            SQRSHL                          "0q001110ss1mmmmm010111nnnnnddddd";
            SQRSHL_scalar                   "01011110ss1mmmmm010111nnnnnddddd";
            UQRSHL                          "0q101110ss1mmmmm010111nnnnnddddd";
            UQRSHL_scalar                   "01111110ss1mmmmm010111nnnnnddddd";
            SMAX                            "0q001110ss1mmmmm011001nnnnnddddd";
            UMAX                            "0q101110ss1mmmmm011001nnnnnddddd";
            SMIN                            "0q001110ss1mmmmm011011nnnnnddddd";
            UMIN                            "0q101110ss1mmmmm011011nnnnnddddd";
            SABD                            "0q001110ss1mmmmm011101nnnnnddddd";
            UABD                            "0q101110ss1mmmmm011101nnnnnddddd";
            SABA                            "0q001110ss1mmmmm011111nnnnnddddd";
            UABA                            "0q101110ss1mmmmm011111nnnnnddddd";
            ADD_vector                      "0q001110ss1mmmmm100001nnnnnddddd";
            ADD_scalar                      "01011110111mmmmm100001nnnnnddddd";
            SUB_vector                      "0q101110ss1mmmmm100001nnnnnddddd";
            SUB_scalar                      "01111110111mmmmm100001nnnnnddddd";
            CMTST                           "0q001110ss1mmmmm100011nnnnnddddd";
            CMTST_scalar                    "01011110111mmmmm100011nnnnnddddd";
            CMEQ_register                   "0q101110ss1mmmmm100011nnnnnddddd";
            CMEQ_register_scalar            "01111110111mmmmm100011nnnnnddddd";
            MLA_vector                      "0q001110ss1mmmmm100101nnnnnddddd";
            MLS_vector                      "0q101110ss1mmmmm100101nnnnnddddd";
            MUL_vector                      "0q001110ss1mmmmm100111nnnnnddddd";
            PMUL                            "0q101110001mmmmm100111nnnnnddddd";
            SMAXP                           "0q001110ss1mmmmm101001nnnnnddddd";
            UMAXP                           "0q101110ss1mmmmm101001nnnnnddddd";
            SMINP                           "0q001110ss1mmmmm101011nnnnnddddd";
            UMINP                           "0q101110ss1mmmmm101011nnnnnddddd";
            SQDMULH_vector                  "0q001110ss1mmmmm101101nnnnnddddd";
            SQDMULH_scalar                  "01011110ss1mmmmm101101nnnnnddddd";
            SQRDMULH_vector                 "0q101110ss1mmmmm101101nnnnnddddd";
            SQRDMULH_scalar                 "01111110ss1mmmmm101101nnnnnddddd";
            ADDP_vector                     "0q001110ss1mmmmm101111nnnnnddddd";

            // Three same, logical.
            AND_vector                      "0q001110001mmmmm000111nnnnnddddd";
            BIC_vector_register             "0q001110011mmmmm000111nnnnnddddd";
            ORR_vector_register             "0q001110101mmmmm000111nnnnnddddd";
            ORN_vector                      "0q001110111mmmmm000111nnnnnddddd";
            EOR_vector                      "0q101110001mmmmm000111nnnnnddddd";
            BSL                             "0q101110011mmmmm000111nnnnnddddd";
            BIT                             "0q101110101mmmmm000111nnnnnddddd";
            BIF                             "0q101110111mmmmm000111nnnnnddddd";

            // Three same, extra.
            SQRDMLAH_vector                 "0q101110ss0mmmmm100001nnnnnddddd";
            SQRDMLAH_scalar                 "01111110ss0mmmmm100001nnnnnddddd";
            SQRDMLSH_vector                 "0q101110ss0mmmmm100011nnnnnddddd";
            SQRDMLSH_scalar                 "01111110ss0mmmmm100011nnnnnddddd";
            SDOT_vector                     "0q001110100mmmmm100101nnnnnddddd";
            UDOT_vector                     "0q101110100mmmmm100101nnnnnddddd";

            // Three different.
            SADDL                           "0q001110ss1mmmmm000000nnnnnddddd";
            UADDL                           "0q101110ss1mmmmm000000nnnnnddddd";
            SADDW                           "0q001110ss1mmmmm000100nnnnnddddd";
            UADDW                           "0q101110ss1mmmmm000100nnnnnddddd";
            SSUBL                           "0q001110ss1mmmmm001000nnnnnddddd";
            USUBL                           "0q101110ss1mmmmm001000nnnnnddddd";
            SSUBW                           "0q001110ss1mmmmm001100nnnnnddddd";
            USUBW                           "0q101110ss1mmmmm001100nnnnnddddd";
            ADDHN                           "0q001110ss1mmmmm010000nnnnnddddd";
            RADDHN                          "0q101110ss1mmmmm010000nnnnnddddd";
            SABAL                           "0q001110ss1mmmmm010100nnnnnddddd";
            UABAL                           "0q101110ss1mmmmm010100nnnnnddddd";
            SUBHN                           "0q001110ss1mmmmm011000nnnnnddddd";
            RSUBHN                          "0q101110ss1mmmmm011000nnnnnddddd";
            SABDL                           "0q001110ss1mmmmm011100nnnnnddddd";
            UABDL                           "0q101110ss1mmmmm011100nnnnnddddd";
            SMLAL_vector                    "0q001110ss1mmmmm100000nnnnnddddd";
            UMLAL_vector                    "0q101110ss1mmmmm100000nnnnnddddd";
            SQDMLAL_vector                  "0q001110ss1mmmmm100100nnnnnddddd";
            SQDMLAL_scalar                  "01011110ss1mmmmm100100nnnnnddddd";
            SMLSL_vector                    "0q001110ss1mmmmm101000nnnnnddddd";
            UMLSL_vector                    "0q101110ss1mmmmm101000nnnnnddddd";
            SQDMLSL_vector                  "0q001110ss1mmmmm101100nnnnnddddd";
            SQDMLSL_scalar                  "01011110ss1mmmmm101100nnnnnddddd";
            SMULL_vector                    "0q001110ss1mmmmm110000nnnnnddddd";
            UMULL_vector                    "0q101110ss1mmmmm110000nnnnnddddd";
            SQDMULL_vector                  "0q001110ss1mmmmm110100nnnnnddddd";
            SQDMULL_scalar                  "01011110ss1mmmmm110100nnnnnddddd";
            PMULL                           "0q001110001mmmmm111000nnnnnddddd";

            // Two-register miscellaneous.
            REV64                           "0q001110ss100000000010nnnnnddddd";
            REV32_vector                    "0q101110ss100000000010nnnnnddddd";
            REV16_vector                    "0q00111000100000000110nnnnnddddd";
            SADDLP                          "0q001110ss100000001010nnnnnddddd";
            UADDLP                          "0q101110ss100000001010nnnnnddddd";
            SUQADD                          "0q001110ss100000001110nnnnnddddd";
            SUQADD_scalar                   "01011110ss100000001110nnnnnddddd";
            USQADD                          "0q101110ss100000001110nnnnnddddd";
            USQADD_scalar                   "01111110ss100000001110nnnnnddddd";
            CLS_vector                      "0q001110ss100000010010nnnnnddddd";
            CLZ_vector                      "0q101110ss100000010010nnnnnddddd";
            CNT                             "0q00111000100000010110nnnnnddddd";
            SADALP                          "0q001110ss100000011010nnnnnddddd";
            UADALP                          "0q101110ss100000011010nnnnnddddd";
            SQABS                           "0q001110ss100000011110nnnnnddddd";
            SQABS_scalar                    "01011110ss100000011110nnnnnddddd";
            SQNEG                           "0q101110ss100000011110nnnnnddddd";
            SQNEG_scalar                    "01111110ss100000011110nnnnnddddd";
            CMGT_zero                       "0q001110ss100000100010nnnnnddddd";
            CMGT_zero_scalar                "0101111011100000100010nnnnnddddd";
            CMGE_zero                       "0q101110ss100000100010nnnnnddddd";
            CMGE_zero_scalar                "0111111011100000100010nnnnnddddd";
            CMEQ_zero                       "0q001110ss100000100110nnnnnddddd";
            CMEQ_zero_scalar                "0101111011100000100110nnnnnddddd";
            CMLE_zero                       "0q101110ss100000100110nnnnnddddd";
            CMLE_zero_scalar                "0111111011100000100110nnnnnddddd";
            CMLT_zero                       "0q001110ss100000101010nnnnnddddd";
            CMLT_zero_scalar                "0101111011100000101010nnnnnddddd";
            ABS                             "0q001110ss100000101110nnnnnddddd";
            ABS_scalar                      "0101111011100000101110nnnnnddddd";
            NEG_vector                      "0q101110ss100000101110nnnnnddddd";
            NEG_scalar                      "0111111011100000101110nnnnnddddd";
            XTN                             "0q001110ss100001001010nnnnnddddd";
            SQXTUN                          "0q101110ss100001001010nnnnnddddd";
            SQXTUN_scalar                   "01111110ss100001001010nnnnnddddd";
            SHLL                            "0q101110ss100001001110nnnnnddddd";
            SQXTN                           "0q001110ss100001010010nnnnnddddd";
            SQXTN_scalar                    "01011110ss100001010010nnnnnddddd";
            UQXTN                           "0q101110ss100001010010nnnnnddddd";
            UQXTN_scalar                    "01111110ss100001010010nnnnnddddd";
            NOT                             "0q10111000100000010110nnnnnddddd";
            RBIT_vector                     "0q10111001100000010110nnnnnddddd";

            // Across lanes, and the scalar pairwise addition.
            SADDLV                          "0q001110ss110000001110nnnnnddddd";
            UADDLV                          "0q101110ss110000001110nnnnnddddd";
            SMAXV                           "0q001110ss110000101010nnnnnddddd";
            UMAXV                           "0q101110ss110000101010nnnnnddddd";
            SMINV                           "0q001110ss110001101010nnnnnddddd";
            UMINV                           "0q101110ss110001101010nnnnnddddd";
            ADDV                            "0q001110ss110001101110nnnnnddddd";
            ADDP_scalar                     "0101111011110001101110nnnnnddddd";

            // By element.
            SMLAL_element                   "0q001111ssLMmmmm0010H0nnnnnddddd";
            SQDMLAL_element                 "0q001111ssLMmmmm0011H0nnnnnddddd";
            SQDMLAL_element_scalar          "01011111ssLMmmmm0011H0nnnnnddddd";
            SMLSL_element                   "0q001111ssLMmmmm0110H0nnnnnddddd";
            SQDMLSL_element                 "0q001111ssLMmmmm0111H0nnnnnddddd";
            SQDMLSL_element_scalar          "01011111ssLMmmmm0111H0nnnnnddddd";
            MUL_element                     "0q001111ssLMmmmm1000H0nnnnnddddd";
            SMULL_element                   "0q001111ssLMmmmm1010H0nnnnnddddd";
            SQDMULL_element                 "0q001111ssLMmmmm1011H0nnnnnddddd";
            SQDMULL_element_scalar          "01011111ssLMmmmm1011H0nnnnnddddd";
            SQDMULH_element                 "0q001111ssLMmmmm1100H0nnnnnddddd";
            SQDMULH_element_scalar          "01011111ssLMmmmm1100H0nnnnnddddd";
            SQRDMULH_element                "0q001111ssLMmmmm1101H0nnnnnddddd";
            SQRDMULH_element_scalar         "01011111ssLMmmmm1101H0nnnnnddddd";
            MLA_element                     "0q101111ssLMmmmm0000H0nnnnnddddd";
            UMLAL_element                   "0q101111ssLMmmmm0010H0nnnnnddddd";
            MLS_element                     "0q101111ssLMmmmm0100H0nnnnnddddd";
            UMLSL_element                   "0q101111ssLMmmmm0110H0nnnnnddddd";
            UMULL_element                   "0q101111ssLMmmmm1010H0nnnnnddddd";
            SQRDMLAH_element                "0q101111ssLMmmmm1101H0nnnnnddddd";
            SQRDMLAH_element_scalar         "01111111ssLMmmmm1101H0nnnnnddddd";
            SQRDMLSH_element                "0q101111ssLMmmmm1111H0nnnnnddddd";
            SQRDMLSH_element_scalar         "01111111ssLMmmmm1111H0nnnnnddddd";
            SDOT_element                    "0q00111110LMmmmm1110H0nnnnnddddd";
            UDOT_element                    "0q10111110LMmmmm1110H0nnnnnddddd";

            // Shift by immediate; `h` and `i` are immh and immb.
            SSHR                            "0q0011110hhhhiii000001nnnnnddddd";
            SSHR_scalar                     "0101111101hhhiii000001nnnnnddddd";
            USHR                            "0q1011110hhhhiii000001nnnnnddddd";
            USHR_scalar                     "0111111101hhhiii000001nnnnnddddd";
            SSRA                            "0q0011110hhhhiii000101nnnnnddddd";
            SSRA_scalar                     "0101111101hhhiii000101nnnnnddddd";
            USRA                            "0q1011110hhhhiii000101nnnnnddddd";
            USRA_scalar                     "0111111101hhhiii000101nnnnnddddd";
            SRSHR                           "0q0011110hhhhiii001001nnnnnddddd";
            SRSHR_scalar                    "0101111101hhhiii001001nnnnnddddd";
            URSHR                           "0q1011110hhhhiii001001nnnnnddddd";
            URSHR_scalar                    "0111111101hhhiii001001nnnnnddddd";
            SRSRA                           "0q0011110hhhhiii001101nnnnnddddd";
            SRSRA_scalar                    "0101111101hhhiii001101nnnnnddddd";
            URSRA                           "0q1011110hhhhiii001101nnnnnddddd";
            URSRA_scalar                    "0111111101hhhiii001101nnnnnddddd";
            SRI                             "0q1011110hhhhiii010001nnnnnddddd";
            SRI_scalar                      "0111111101hhhiii010001nnnnnddddd";
            SHL                             "0q0011110hhhhiii010101nnnnnddddd";
            SHL_scalar                      "0101111101hhhiii010101nnnnnddddd";
            SLI                             "0q1011110hhhhiii010101nnnnnddddd";
            SLI_scalar                      "0111111101hhhiii010101nnnnnddddd";
            SQSHLU                          "0q1011110hhhhiii011001nnnnnddddd";
            SQSHLU_scalar                   "011111110hhhhiii011001nnnnnddddd";
            SQSHL_immediate                 "0q0011110hhhhiii011101nnnnnddddd";
            SQSHL_immediate_scalar          "010111110hhhhiii011101nnnnnddddd";
            UQSHL_immediate                 "0q1011110hhhhiii011101nnnnnddddd";
            UQSHL_immediate_scalar          "011111110hhhhiii011101nnnnnddddd";
            SHRN                            "0q0011110hhhhiii100001nnnnnddddd";
            SQSHRUN                         "0q1011110hhhhiii100001nnnnnddddd";
            SQSHRUN_scalar                  "011111110hhhhiii100001nnnnnddddd";
            RSHRN                           "0q0011110hhhhiii100011nnnnnddddd";
            SQRSHRUN                        "0q1011110hhhhiii100011nnnnnddddd";
            SQRSHRUN_scalar                 "011111110hhhhiii100011nnnnnddddd";
            SQSHRN                          "0q0011110hhhhiii100101nnnnnddddd";
            SQSHRN_scalar                   "010111110hhhhiii100101nnnnnddddd";
            UQSHRN                          "0q1011110hhhhiii100101nnnnnddddd";
            UQSHRN_scalar                   "011111110hhhhiii100101nnnnnddddd";
            SQRSHRN                         "0q0011110hhhhiii100111nnnnnddddd";
            SQRSHRN_scalar                  "010111110hhhhiii100111nnnnnddddd";
            UQRSHRN                         "0q1011110hhhhiii100111nnnnnddddd";
            UQRSHRN_scalar                  "011111110hhhhiii100111nnnnnddddd";
            SSHLL                           "0q0011110hhhhiii101001nnnnnddddd";
            USHLL                           "0q1011110hhhhiii101001nnnnnddddd";

            // ---- Cryptography (C4.1.97) ----
            AESE                            "0100111000101000010010nnnnnddddd";
            AESD                            "0100111000101000010110nnnnnddddd";
            AESMC                           "0100111000101000011010nnnnnddddd";
            AESIMC                          "0100111000101000011110nnnnnddddd";
            SHA1C                           "01011110000mmmmm000000nnnnnddddd";
            SHA1P                           "01011110000mmmmm000100nnnnnddddd";
            SHA1M                           "01011110000mmmmm001000nnnnnddddd";
            SHA1SU0                         "01011110000mmmmm001100nnnnnddddd";
            SHA256H                         "01011110000mmmmm010000nnnnnddddd";
            SHA256H2                        "01011110000mmmmm010100nnnnnddddd";
            SHA256SU1                       "01011110000mmmmm011000nnnnnddddd";
            SHA1H                           "0101111000101000000010nnnnnddddd";
            SHA1SU1                         "0101111000101000000110nnnnnddddd";
            SHA256SU0                       "0101111000101000001010nnnnnddddd";
            SHA512H                         "11001110011mmmmm100000nnnnnddddd";
            SHA512H2                        "11001110011mmmmm100001nnnnnddddd";
            SHA512SU1                       "11001110011mmmmm100010nnnnnddddd";
            SHA512SU0                       "1100111011000000100000nnnnnddddd";
            EOR3                            "11001110000mmmmm0aaaaannnnnddddd";
            BCAX                            "11001110001mmmmm0aaaaannnnnddddd";
            RAX1                            "11001110011mmmmm100011nnnnnddddd";
            XAR                             "11001110100mmmmmiiiiiinnnnnddddd";
            PMULL_64bit                     "0q001110111mmmmm111000nnnnnddddd";

            // ---- Scalar floating point (C4.1.97) ----
            FMOV_register                   "00011110pp100000010000nnnnnddddd";
            FABS_scalar                     "00011110pp100000110000nnnnnddddd";
            FNEG_scalar                     "00011110pp100001010000nnnnnddddd";
            FSQRT_scalar                    "00011110pp100001110000nnnnnddddd";
            FRINTN_scalar                   "00011110pp100100010000nnnnnddddd";
            FRINTP_scalar                   "00011110pp100100110000nnnnnddddd";
            FRINTM_scalar                   "00011110pp100101010000nnnnnddddd";
            FRINTZ_scalar                   "00011110pp100101110000nnnnnddddd";
            FRINTA_scalar                   "00011110pp100110010000nnnnnddddd";
            FRINTX_scalar                   "00011110pp100111010000nnnnnddddd";
            FRINTI_scalar                   "00011110pp100111110000nnnnnddddd";
            FRINT32Z_scalar                 "000111100p101000010000nnnnnddddd";
            FRINT32X_scalar                 "000111100p101000110000nnnnnddddd";
            FRINT64Z_scalar                 "000111100p101001010000nnnnnddddd";
            FRINT64X_scalar                 "000111100p101001110000nnnnnddddd";
            FCVT                            "00011110pp10001oo10000nnnnnddddd";
            FMUL_scalar                     "00011110pp1mmmmm000010nnnnnddddd";
            FDIV_scalar                     "00011110pp1mmmmm000110nnnnnddddd";
            FADD_scalar                     "00011110pp1mmmmm001010nnnnnddddd";
            FSUB_scalar                     "00011110pp1mmmmm001110nnnnnddddd";
            FMAX_scalar                     "00011110pp1mmmmm010010nnnnnddddd";
            FMIN_scalar                     "00011110pp1mmmmm010110nnnnnddddd";
            FMAXNM_scalar                   "00011110pp1mmmmm011010nnnnnddddd";
            FMINNM_scalar                   "00011110pp1mmmmm011110nnnnnddddd";
            FNMUL_scalar                    "00011110pp1mmmmm100010nnnnnddddd";
            FMADD                           "00011111pp0mmmmm0aaaaannnnnddddd";
            FMSUB                           "00011111pp0mmmmm1aaaaannnnnddddd";
            FNMADD                          "00011111pp1mmmmm0aaaaannnnnddddd";
            FNMSUB                          "00011111pp1mmmmm1aaaaannnnnddddd";
            FCMP                            "00011110pp1mmmmm001000nnnnn0z000";
            FCMPE                           "00011110pp1mmmmm001000nnnnn1z000";
            FCCMP                           "00011110pp1mmmmmcccc01nnnnn0ffff";
            FCCMPE                          "00011110pp1mmmmmcccc01nnnnn1ffff";
            FCSEL                           "00011110pp1mmmmmcccc11nnnnnddddd";
            FMOV_scalar_immediate           "00011110pp1iiiiiiii10000000ddddd";
            FCVTNS_scalar                   "z0011110pp100000000000nnnnnddddd";
            FCVTNU_scalar                   "z0011110pp100001000000nnnnnddddd";
            SCVTF_scalar_integer            "z0011110pp100010000000nnnnnddddd";
            UCVTF_scalar_integer            "z0011110pp100011000000nnnnnddddd";
            FCVTAS_scalar                   "z0011110pp100100000000nnnnnddddd";
            FCVTAU_scalar                   "z0011110pp100101000000nnnnnddddd";
            FCVTPS_scalar                   "z0011110pp101000000000nnnnnddddd";
            FCVTPU_scalar                   "z0011110pp101001000000nnnnnddddd";
            FCVTMS_scalar                   "z0011110pp110000000000nnnnnddddd";
            FCVTMU_scalar                   "z0011110pp110001000000nnnnnddddd";
            FCVTZS_scalar_integer           "z0011110pp111000000000nnnnnddddd";
            FCVTZU_scalar_integer           "z0011110pp111001000000nnnnnddddd";
            FMOV_to_general                 "z0011110pp100110000000nnnnnddddd";
            FMOV_from_general               "z0011110pp100111000000nnnnnddddd";
            FMOV_top_to_general             "1001111010101110000000nnnnnddddd";
            FMOV_top_from_general           "1001111010101111000000nnnnnddddd";
            FJCVTZS                         "0001111001111110000000nnnnnddddd";
            SCVTF_scalar_fixed              "z0011110pp000010iiiiiinnnnnddddd";
            UCVTF_scalar_fixed              "z0011110pp000011iiiiiinnnnnddddd";
            FCVTZS_scalar_fixed             "z0011110pp011000iiiiiinnnnnddddd";
            FCVTZU_scalar_fixed             "z0011110pp011001iiiiiinnnnnddddd";

            // ---- Advanced SIMD, floating point (C4.1.97) ----
        }
    };
}
pub(crate) use for_each_pattern;

macro_rules! define_op {
    ($($name:ident $bits:literal;)*) => {
        /// An instruction of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        #[allow(non_camel_case_types, missing_docs)]
        pub enum Op { $($name),* }
    };
}
for_each_pattern!(define_op);
